"""Who is at the other end of a handshake, and whether its page may connect at all.

Reads headers, session and token; knows no room.
"""

from importlib import import_module
from types import SimpleNamespace
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AbstractBaseUser
from django.http.cookie import parse_cookie
from django.http.request import validate_host
from django.utils.http import is_same_domain
from django.utils.module_loading import import_string

Scope = dict[str, Any]


class Credentials(NamedTuple):
    """At most one of the two; a token wins."""

    token: str | None
    session_key: str | None


def header(scope: Scope, name: bytes) -> str | None:
    """The last value of a header, decoded, or None."""
    for key, value in reversed(scope["headers"]):
        if key == name:
            return cast(bytes, value).decode("latin1")
    return None


def credentials(scope: Scope) -> Credentials:
    """What the handshake brought: `Authorization: Bearer`, else the session cookie. Cheap; asks no database."""
    kind, _, token = (header(scope, b"authorization") or "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return Credentials(token.strip(), None)
    # Django's parser, as for pages: Python's own gives up all cookies where one of another application is odd.
    key = parse_cookie(header(scope, b"cookie") or "").get(settings.SESSION_COOKIE_NAME)
    return Credentials(None, key if key and key.isalnum() else None)


def may_connect(scope: Scope) -> bool:
    """False for a page of another site (RFC 6455 §10.2): a browser sends its user's cookies along whoever wrote the
    page.

    The rule is Django's own for POST: the full origin, scheme and port included, is the site's or one of
    `CSRF_TRUSTED_ORIGINS`. A bearer token is never sent by a browser on its own, so programs that carry one need no
    origin.
    """
    if credentials(scope).token:
        return True
    try:
        return _is_ours(scope, (header(scope, b"origin") or "").lower())
    except ValueError:  # an origin or host that is none, such as "["
        return False


def _is_ours(scope: Scope, origin: str) -> bool:
    if not origin or origin == "null":
        return False
    parts = urlsplit(origin)
    if f"{parts.scheme}://{parts.netloc}" in settings.CSRF_TRUSTED_ORIGINS:
        return True
    if any(_matches_pattern(parts.scheme, parts.netloc, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS):
        return True
    host = (header(scope, b"host") or "").lower()
    name = urlsplit(f"//{host}").hostname or ""
    allowed = validate_host(f"[{name}]" if ":" in name else name, settings.ALLOWED_HOSTS)
    return allowed and origin == f"{_scheme(scope)}://{host}"


def authenticate(scope: Scope) -> AbstractBaseUser | None:
    """The person, or None. At most two queries; run it in a database thread."""
    found = credentials(scope)
    if found.token:
        return cast("AbstractBaseUser | None", import_string(settings.LIVE_TOKEN_AUTHENTICATOR)(found.token))
    if not found.session_key:
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(found.session_key)
    # get_user checks the backend, that the person is active, and the hash that a password change alters.
    user = get_user(cast(Any, SimpleNamespace(session=session)))
    return cast("AbstractBaseUser", user) if user.is_authenticated else None


def _scheme(scope: Scope) -> str:
    forwarded = getattr(settings, "SECURE_PROXY_SSL_HEADER", None)
    if forwarded:
        name = forwarded[0].removeprefix("HTTP_").replace("_", "-").lower().encode()
        if (header(scope, name) or "").split(",")[0].strip() == forwarded[1]:
            return "https"
    return "https" if scope.get("scheme") in {"https", "wss"} else "http"


def _matches_pattern(scheme: str, netloc: str, trusted: str) -> bool:
    """`https://*.example.org`, as Django reads it."""
    pattern = urlsplit(trusted)
    return "*" in pattern.netloc and scheme == pattern.scheme and is_same_domain(netloc, pattern.netloc.lstrip("*"))
