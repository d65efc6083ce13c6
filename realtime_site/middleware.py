"""What holds for every page: bad input is refused in words, and what a service refuses becomes a status."""

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin

from realtime_site.live.errors import ClientError

STATUS = {"not_found": 404, "forbidden": 403, "conflict": 409, "rate_limited": 429, "unavailable": 503}


class BadInputMiddleware(MiddlewareMixin):
    """Refuses NUL in addresses and cookies: PostgreSQL does not take it, and no page of ours has any."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path_info or "%00" in query or any("\0" in value for value in request.COOKIES.values()):
            return HttpResponseBadRequest("A NUL character has no place here.", content_type="text/plain")
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A `ClientError` that a page did not expect: somebody else was faster, or the database is away."""
        if not isinstance(exception, ClientError):
            return None
        status = STATUS.get(exception.code, 400)
        response = render(request, "refused.html", {"detail": exception.detail}, status=status)
        add_never_cache_headers(response)  # the page's own went with the exception
        return response
