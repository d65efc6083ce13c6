"""Where somebody is signed in: browsers and access tokens, and their end.

allauth keeps a row beside each session (its address and program). When it was last seen is written here: at most once
in `STAMP_SECONDS` a session and worker, so that nearly no request asks the database for it.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from realtime_site.accounts import acting, agents
from realtime_site.accounts.models import AccessToken, User
from realtime_site.audit import log
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.live.errors import ClientError

PERMISSION = "accounts.disconnect_user"
# Fine enough for "was here this morning", coarse enough to cost nothing.
STAMP_SECONDS = 600
# Sessions a worker remembers to have stamped; those forgotten are stamped again.
REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Place:
    """A browser somebody is signed in with. `id` is no secret: it is the row's."""

    id: int
    device: str
    address: str
    since: datetime
    seen: datetime


def of(person_id: int) -> list[Place]:
    """Those that are open, the last seen first. Two queries."""
    rows = {row.session_key: row for row in UserSession.objects.filter(user=person_id)}
    there = Session.objects.filter(session_key__in=rows, expire_date__gt=timezone.now())
    opened = [rows[key] for key in there.values_list("session_key", flat=True)]
    return sorted(map(_place, opened), key=lambda place: place.seen, reverse=True)


def _place(row: UserSession) -> Place:
    device = agents.name(row.user_agent)
    return Place(row.pk, device, row.ip, row.created_at, row.last_seen_at)


def end(*, by: Actor, person_id: int, session_id: int, reason: str) -> Entry:
    """Signs somebody out of one browser; its sockets close. Raises `ClientError`: `not_found`, `forbidden`."""
    with transaction.atomic():
        person = acting.lock(by, person_id)
        row = UserSession.objects.filter(pk=session_id, user=person).first()
        if row is None:
            raise ClientError("not_found", "They are not signed in there any more.")
        device = agents.name(row.user_agent)
        row.end()
        return _record(by, person, f"Signed {person.name} out of {device}.", reason, {"sessions": 1, "tokens": 0})


def end_all(*, by: Actor, person_id: int, reason: str, tokens: bool = False) -> Entry:
    """Signs somebody out of all browsers; with `tokens`, their access tokens end too. All sockets of these close.

    Raises `ClientError`: `not_found`, `forbidden`.
    """
    with transaction.atomic():
        person = acting.lock(by, person_id)
        rows = list(UserSession.objects.filter(user=person))
        for row in rows:
            row.end()
        revoked = _revoke(AccessToken.objects.filter(user=person)) if tokens else 0
        summary = f"Signed {person.name} out of {_counted(len(rows), 'browser')}"
        summary += f" and revoked {_counted(revoked, 'access token')}." if tokens else "."
        return _record(by, person, summary, reason, {"sessions": len(rows), "tokens": revoked})


def revoke_token(*, by: Actor, person_id: int, token_id: int, reason: str) -> Entry:
    """Ends an access token of somebody; its sockets close. Raises `ClientError`: `not_found`, `forbidden`."""
    with transaction.atomic():
        person = acting.lock(by, person_id)
        token = AccessToken.objects.filter(pk=token_id, user=person).first()
        if token is None:
            raise ClientError("not_found", "They have no such token any more.")
        name = token.name
        token.delete()
        return log.record(
            by=by,
            action="person.token",
            summary=f"Revoked the access token {name} of {person.name}.",
            reason=reason,
            person=acting.subject(person),
        )


def _revoke(tokens: QuerySet[AccessToken]) -> int:
    count = 0
    for token in tokens:  # one by one: each tells its sockets
        token.delete()
        count += 1
    return count


def _record(by: Actor, person: User, summary: str, reason: str, details: dict[str, int]) -> Entry:
    return log.record(
        by=by,
        action="person.disconnect",
        summary=summary,
        reason=reason,
        person=acting.subject(person),
        details=details,
    )


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


# --- Last seen ------------------------------------------------------------------------------------------------------


class LastSeenMiddleware:
    """Notes, after the answer, that a session is in use. Below the one that knows the person."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._stamped: OrderedDict[str, float] = OrderedDict()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        # The person only where the page asked for them: a picture or a health check shall not.
        user = getattr(request, "_cached_user", None)
        if user is not None and user.is_authenticated and request.session.session_key:
            self._stamp(request, user, request.session.session_key)
        return response

    def _stamp(self, request: HttpRequest, user: User, key: str) -> None:
        now = monotonic()
        before = self._stamped.get(key)
        if before is not None and now - before < STAMP_SECONDS:
            return
        self._stamped[key] = now
        self._stamped.move_to_end(key)
        while len(self._stamped) > REMEMBERED:
            self._stamped.popitem(last=False)
        address = get_adapter(request).get_client_ip(request)
        rows = UserSession.objects.filter(session_key=key, user=user)
        if not rows.update(last_seen_at=timezone.now(), ip=address):
            UserSession.objects.create_from_request(request)  # one from before there were these rows
