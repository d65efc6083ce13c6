"""Writing the log: in the transaction of the act, so that neither is there without the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from realtime_site.audit.models import Entry


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where. `user_id` is None for a command; `address` where it is not known."""

    user_id: int | None
    name: str
    via: str
    address: str | None = None


class Subject(NamedTuple):
    """A person or a room, and how it is called now."""

    id: int
    name: str


COMMAND = Actor(None, "A command", Entry.Via.COMMAND)


def record(
    *,
    by: Actor,
    action: str,
    summary: str,
    reason: str = "",
    person: Subject | None = None,
    room: Subject | None = None,
    details: Mapping[str, Any] | None = None,
    undoes: Entry | None = None,
) -> Entry:
    """Writes what was done. `details` is JSON: what undoing needs, never what somebody wrote."""
    return Entry.objects.create(
        actor_id=by.user_id,
        actor_name=by.name[:60],
        address=by.address,
        via=by.via,
        action=action,
        summary=summary[:300],
        reason=reason[:300],
        person_id=person.id if person else None,
        person_name=person.name[:60] if person else "",
        room=room.id if room else None,
        room_name=room.name[:60] if room else "",
        details=dict(details or {}),
        undoes=undoes,
    )
