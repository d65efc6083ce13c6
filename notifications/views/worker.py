"""The service worker, at the root: a worker's address bounds the pages it may speak for."""

from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Never from a cache: browsers compare it byte by byte, and a mended one must reach everybody."""
    found = finders.find("js/sw.js")
    if not found:
        raise Http404
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return HttpResponse(Path(found).read_bytes(), content_type="text/javascript; charset=utf-8", headers=headers)
