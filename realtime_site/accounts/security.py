"""What an admin does for somebody who cannot get in, or whose account somebody else is in."""

from allauth.account.internal.flows.password_reset import request_password_reset
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest

from realtime_site.accounts import acting
from realtime_site.accounts.models import User
from realtime_site.audit import log
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.live.errors import ClientError


def reset_mfa(*, by: Actor, person_id: int, reason: str) -> Entry:
    """Takes the second factor off: from then on the password alone lets in. It cannot be undone: the secret is gone.

    Raises `ClientError`: `not_found`, `forbidden`, `conflict` where there is none.
    """
    with transaction.atomic():
        person = acting.lock(by, person_id)
        rows = Authenticator.objects.filter(user=person)
        kinds = sorted(rows.values_list("type", flat=True))
        if not kinds:
            raise ClientError("conflict", "They have no second factor.")
        rows.delete()
        return log.record(
            by=by,
            action="person.mfa",
            summary=f"Took the second factor off {person.name}.",
            reason=reason,
            person=acting.subject(person),
            details={"types": kinds},
        )


def send_password_reset(*, by: Actor, person_id: int, reason: str, request: HttpRequest) -> Entry:
    """Mails somebody the link by which they choose a new password. The present one holds until they do.

    Raises `ClientError`: `not_found`, `forbidden`, `conflict` without an address, or while they are suspended.
    """
    with transaction.atomic():
        person = acting.lock(by, person_id)
        if not person.email:
            raise ClientError("conflict", "They have no e-mail address.")
        if not person.is_active:
            raise ClientError("conflict", "They are suspended. Let them in again first.")
        entry = log.record(
            by=by,
            action="person.password",
            summary=f"Sent {person.name} a link for a new password.",
            reason=reason,
            person=acting.subject(person),
        )
        transaction.on_commit(lambda: _mail_reset(request, person))
        return entry


def _mail_reset(request: HttpRequest, person: User) -> None:
    with request_context(request):
        request_password_reset(request, person.email, [person], None)
