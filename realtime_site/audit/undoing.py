"""Taking back what is in the log, once.

Apps say how: `settings.AUDIT_UNDO` names their mappings from action to `Undo`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from realtime_site.audit import log
from realtime_site.audit.log import Actor, Subject
from realtime_site.audit.models import Entry
from realtime_site.live.errors import ClientError


@dataclass(frozen=True, slots=True)
class Undo:
    """How an act is taken back. `permission`: what an admin needs for it, as for the act. `run` does it, in the
    transaction of the new entry, and returns its summary; it raises `ClientError('conflict')` where the world has moved
    on so that it cannot be.
    """

    permission: str
    run: Callable[[Entry, Actor], str]


@cache
def known() -> dict[str, Undo]:
    """All of the site's, by action."""
    return {action: undo for path in settings.AUDIT_UNDO for action, undo in import_string(path).items()}


def can_be_undone(entry: Entry) -> bool:
    """`undone` must be loaded where many are asked for."""
    return entry.undoes_id is None and entry.action in known() and not hasattr(entry, "undone")


def undo(*, entry_id: int, by: Actor, reason: str = "") -> Entry:
    """Raises `ClientError`: `not_found`, `conflict` when it is undone already or cannot be. The caller has checked that
    `by` may.
    """
    with transaction.atomic():
        entry = Entry.objects.select_for_update().filter(pk=entry_id).first()
        if entry is None:
            raise ClientError("not_found", "No such entry.")
        if not can_be_undone(entry):
            raise ClientError("conflict", "It has been undone already, or cannot be.")
        summary = known()[entry.action].run(entry, by)
        person = Subject(entry.person_id, entry.person_name) if entry.person_id else None
        room = Subject(entry.room, entry.room_name) if entry.room else None
        return log.record(
            by=by,
            action=f"{entry.action}.undo",
            summary=summary,
            reason=reason,
            person=person,
            room=room,
            undoes=entry,
        )
