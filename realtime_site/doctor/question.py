"""A question that only the site can ask: how does a request look when it has come all the way?

`/healthz?seen=…` answers it. Signed with SECRET_KEY, good for a minute. To ask it twice does no harm: whoever repeats
it learns how their own request looks.
"""

from typing import Any

from django.core import signing
from django.http import HttpRequest

PARAMETER = "seen"
SECONDS = 60
_SALT = "realtime_site.doctor"


def asked() -> str:
    """What to ask with."""
    return signing.TimestampSigner(salt=_SALT).sign("how does this look?")


def is_asked(request: HttpRequest) -> bool:
    try:
        signing.TimestampSigner(salt=_SALT).unsign(request.GET.get(PARAMETER, ""), max_age=SECONDS)
    except signing.BadSignature:
        return False
    return True


def seen(request: HttpRequest) -> dict[str, Any]:
    """The worker's view: what proxies said, and whom it takes the client for."""
    return {
        "scheme": request.scheme,
        "host": request.META.get("HTTP_HOST", ""),
        "peer": request.META.get("REMOTE_ADDR") or "",
        "forwarded": [one.strip() for one in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if one.strip()],
        "proto": request.META.get("HTTP_X_FORWARDED_PROTO", ""),
    }
