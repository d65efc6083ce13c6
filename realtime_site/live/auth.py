"""Who is at the other end of a handshake, and whether its page may connect at all.

Reads headers, session and token; knows no room.
"""

from collections.abc import Collection, Iterable
from functools import cache
from hashlib import sha256
from importlib import import_module
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import DateField
from django.http.cookie import parse_cookie
from django.http.request import validate_host
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import is_same_domain
from django.utils.module_loading import import_string

Scope = dict[str, Any]


class Credentials(NamedTuple):
    """At most one of the two; a token wins."""

    token: str | None
    session_key: str | None

    @property
    def alias(self) -> str | None:
        """A name for whoever brings them, that tells nobody what they are; None for nobody."""
        secret = self.token or self.session_key
        return sha256(secret.encode()).hexdigest()[:24] if secret else None


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


def address(scope: Scope) -> str | None:
    """Where the handshake comes from: the peer, or what the proxies in front say, of which the last
    `LIVE_TRUSTED_PROXIES` are ours. Of IPv6 the first 64 bits: a household has as many addresses as it likes.

    None for this machine: that is a developer, or a proxy that we were not told of and that stands for everybody.
    """
    found = _found_address(scope)
    if found is None or found.is_loopback:
        return None
    return str(found) if found.version == 4 else str(ip_network(f"{found}/64", strict=False))


def exact_address_of(scope: Scope) -> str | None:
    """The same to the last bit, for a log; and of this machine too."""
    found = _found_address(scope)
    return str(found) if found else None


def _found_address(scope: Scope) -> IPv4Address | IPv6Address | None:
    lines = [value.decode("latin1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return exact_address(",".join(lines), (scope.get("client") or [""])[0])


def exact_address(forwarded: str, peer: str) -> IPv4Address | IPv6Address | None:
    """The client's, of an `X-Forwarded-For` (empty where there is none) and the peer's; None where that is none."""
    claimed = [one for one in forwarded.split(",") if one.strip()]
    hops = settings.LIVE_TRUSTED_PROXIES
    try:
        found = ip_address((claimed[-hops] if hops and len(claimed) >= hops else peer).strip())
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found  # a listener for both kinds sees IPv4 like that


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


class Identity(NamedTuple):
    """Who a socket's person is, and by what. `version` is another one once anything about the person has changed."""

    credentials: Credentials
    user: AbstractBaseUser
    version: int


def authenticate(many: Collection[Credentials]) -> dict[Credentials, Identity]:
    """Who they are; those who are nobody are left out. At most three queries and a write, however many they are.

    Run it in a database thread.
    """
    found = _by_token(many) | _by_session(many)
    versions: dict[int, int] = {}
    for user in found.values():
        if user.pk not in versions:
            versions[user.pk] = _version(getattr(user, column) for column in _columns())
    return {one: Identity(one, user, versions[user.pk]) for one, user in found.items()}


def changed(many: Collection[Identity]) -> dict[Credentials, Identity | None]:
    """Those whose person, session or token is no longer what it was: the new identity, or None for nobody.

    A query each for tokens, sessions and people, however many they are; as many again where something has changed.
    Run it in a database thread.
    """
    tokens = {one.credentials for one in many if one.credentials.token}
    here = set(_by_token(tokens)) | _open_sessions({one.credentials for one in many} - tokens)
    people = {one.user.pk for one in many}
    rows = get_user_model()._default_manager.filter(pk__in=people)
    versions = {row[0]: _version(row[1:]) for row in rows.values_list("pk", *_columns())}
    moved = [one for one in many if one.credentials not in here or versions.get(one.user.pk) != one.version]
    if not moved:
        return {}
    now = authenticate({one.credentials for one in moved})
    return {one.credentials: now.get(one.credentials) for one in moved}


def _by_token(many: Collection[Credentials]) -> dict[Credentials, AbstractBaseUser]:
    tokens = {one.token: one for one in many if one.token}
    if not tokens:
        return {}
    users = import_string(settings.LIVE_TOKEN_AUTHENTICATOR)(tokens.keys())
    return {tokens[token]: user for token, user in users.items()}


def _by_session(many: Collection[Credentials]) -> dict[Credentials, AbstractBaseUser]:
    """As `django.contrib.auth.get_user`, for many at once: the backend is one of ours, the person active, and the hash
    that a password change alters is the same.
    """
    sessions = _sessions({one.session_key: one for one in many if one.session_key})
    pk = get_user_model()._meta.pk
    wanted = {one: pk.to_python(data[SESSION_KEY]) for one, data in sessions.items() if _is_login(data)}
    if not wanted:
        return {}
    users = get_user_model()._default_manager.in_bulk(set(wanted.values()))
    return {
        one: users[user_id]
        for one, user_id in wanted.items()
        if user_id in users and users[user_id].is_active and _is_fresh(sessions[one], users[user_id])
    }


def _sessions(keys: dict[str, Credentials]) -> dict[Credentials, dict[str, Any]]:
    """What the open sessions among them hold. One query where sessions are in the database."""
    if not keys:
        return {}
    engine = import_module(settings.SESSION_ENGINE).SessionStore
    if not hasattr(engine, "get_model_class"):
        return {one: engine(key).load() for key, one in keys.items()}
    rows = engine.get_model_class().objects.filter(session_key__in=keys.keys(), expire_date__gt=timezone.now())
    return {keys[key]: engine().decode(data) for key, data in rows.values_list("session_key", "session_data")}


def _open_sessions(many: Collection[Credentials]) -> set[Credentials]:
    """Those whose session is there and has not expired; what it holds is not looked at."""
    keys = {one.session_key: one for one in many if one.session_key}
    engine = import_module(settings.SESSION_ENGINE).SessionStore
    if not hasattr(engine, "get_model_class"):
        return {one for one, data in _sessions(keys).items() if _is_login(data)}
    rows = engine.get_model_class().objects.filter(session_key__in=keys.keys(), expire_date__gt=timezone.now())
    return {keys[key] for key in rows.values_list("session_key", flat=True)}


def _is_login(data: dict[str, Any]) -> bool:
    return SESSION_KEY in data and data.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS


def _is_fresh(data: dict[str, Any], user: Any) -> bool:
    known = data.get(HASH_SESSION_KEY, "")
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(known, one) for one in hashes)


@cache
def _columns() -> list[str]:
    """What makes a person who they are: all but dates, of which the last login's means nothing here."""
    fields = get_user_model()._meta.concrete_fields
    return [field.attname for field in fields if not isinstance(field, DateField)]


def _version(row: Iterable[Any]) -> int:
    values = tuple(row)
    try:
        return hash(values)
    except TypeError:  # a host's own model may hold lists
        return hash(repr(values))


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
