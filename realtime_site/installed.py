"""What makes the site an app on somebody's device: its manifest and its icons."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from realtime_site import icon

# static/css/tokens.css: --paper-2 of the light theme, which the page's own theme-color says too.
_COLOUR = "#f5f2ec"
_DAY_SECONDS = 86_400


@require_safe
@cache_control(max_age=_DAY_SECONDS, public=True)
def manifest(request: HttpRequest) -> HttpResponse:
    """W3C Web Application Manifest."""
    pictures = [
        {"src": f"/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in icon.SIZES
        for purpose in ("any", "maskable")
    ]
    about = {
        "id": "/",
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": _COLOUR,
        "background_color": _COLOUR,
        "icons": pictures,
    }
    return JsonResponse(about, content_type="application/manifest+json")


@require_safe
@cache_control(max_age=_DAY_SECONDS, public=True)
def picture(request: HttpRequest, size: int) -> HttpResponse:
    if size not in icon.SIZES:
        raise Http404
    return HttpResponse(icon.png(size), content_type="image/png")
