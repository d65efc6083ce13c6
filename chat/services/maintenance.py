"""Maintenance: nobody posts anywhere, and reading goes on; so does what moderators and admins do. One row that is there
or not.

Who posts looks at it once their rooms are locked (`sql.active_members`), so that it holds also for those who waited
for a lock meanwhile. Who had looked before the switch was committed still writes: that is over within one transaction,
as a rule in milliseconds.
"""

from typing import Any

from django.db import transaction

from chat import protocol, restraint, wire
from chat.models import Maintenance
from realtime_site.audit.log import Actor, record
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import Undo
from realtime_site.live.errors import ClientError
from realtime_site.live.publish import broadcast_on_commit


def current() -> str | None:
    """Why nobody may post, or None."""
    return Maintenance.objects.values_list("reason", flat=True).first()


def check() -> None:
    """For whoever has locked what they want to write to. Raises `ClientError('unavailable')`."""
    why = current()
    if why is not None:
        raise restraint.maintained(why)


def switch(*, by: Actor, reason: str | None) -> Entry:
    """On with a reason, which everybody reads, or off with None. Tells all sockets.

    Raises `ClientError`: `invalid` for an empty reason, `conflict` where that is how it is.
    """
    with transaction.atomic():
        before = _switch(by, reason)
        summary = "Maintenance is over." if reason is None else "Maintenance: nobody can post."
        details: dict[str, Any] = {"before": before, "after": reason}
        return record(by=by, action="site.maintenance", summary=summary, reason=reason or "", details=details)


def _switch(by: Actor, reason: str | None) -> str | None:
    if reason is not None and not reason.strip():
        raise ClientError("invalid", "Say why: it is what people read who want to post.")
    before = current()
    if before == reason:
        raise ClientError("conflict", "That is how it is already.")
    if reason is None:
        Maintenance.objects.all().delete()
    else:
        Maintenance.objects.update_or_create(pk=1, defaults={"reason": reason[:200], "by_id": by.user_id})
    broadcast_on_commit(wire.encode(protocol.MaintenanceEvent(reason)))
    return before


def _undo(entry: Entry, by: Actor) -> str:
    if current() != entry.details["after"]:
        raise ClientError("conflict", "Maintenance has been switched again since.")
    _switch(by, entry.details["before"])
    return "Maintenance is over." if entry.details["before"] is None else "Maintenance again: nobody can post."


UNDO = {"site.maintenance": Undo("chat.maintain_site", _undo)}
