"""How chat's acts are taken back: `realtime_site.audit.undoing` asks by the action's name.

And who may, in the chat: the moderators of the room, as for the act. What was done in the admin is undone there.
"""

from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from chat import protocol
from chat.models import Membership
from chat.services import (
    administration,
    announcements,
    authority,
    invitations,
    maintenance,
    removals,
    reports,
    reversal,
    roles,
)
from chat.services.standing import MODERATORS
from realtime_site.audit import undoing
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import Undo
from realtime_site.live.errors import ClientError

UNDO: dict[str, Undo] = {
    **administration.UNDO,
    **announcements.UNDO,
    **invitations.UNDO,
    **maintenance.UNDO,
    **removals.UNDO,
    **reports.UNDO,
    **reversal.UNDO,
    **roles.UNDO,
}
# What only an owner does, only an owner undoes.
OF_OWNERS = {"member.role", "room.transfer", "room.kind", "room.retention", "room.archive", "room.restore"}
# An admin read or took away what was said: between them and whoever asks them.
_NOT_SHOWN = ("room.read", "room.export", "room.read.undo", "room.export.undo")


def undo(*, by: Actor, entry_id: int, reason: str) -> Entry:
    """Takes an act in a room back. Raises `ClientError`: `not_found`, `forbidden`, `conflict`."""
    with transaction.atomic():
        # The entry first, as in the admin, so that two who undo the same wait for each other and not in a circle.
        entries = Entry.objects.select_for_update(of=("self",)).select_related("person")
        entry = entries.filter(pk=entry_id, room__isnull=False).first()
        if entry is None or entry.room is None:
            raise ClientError("not_found", "No such entry.")
        room = authority.lock(entry.room)
        roles = authority.OWNERS if _is_of_owners(entry, by.user_id) else MODERATORS
        authority.check(by, room, roles=roles, archived=entry.action == "room.archive")
        if entry.person is not None and entry.action not in OF_OWNERS:
            authority.check(by, room, upon=entry.person)
        if entry.via != Entry.Via.CHAT:
            raise ClientError("forbidden", "An admin did that. Ask them.")
        return undoing.undo(entry_id=entry_id, by=by, reason=reason)


class _Reader(NamedTuple):
    """Who looks at the log of a room, and whom there only an owner acts upon."""

    user: Any
    owns: bool
    above: frozenset[int]


def acts_in(*, by: Actor, room_id: int) -> list[protocol.LogEntry]:
    """What was done in a room, the newest first, as its moderators see it. Raises `ClientError`: `not_found`,
    `forbidden`.
    """
    with transaction.atomic():
        authority.check(by, authority.lock(room_id))
        above = dict(Membership.objects.filter(room=room_id, role__in=MODERATORS).values_list("user", "role"))
    user = authority.find_person(by.user_id or 0)
    owns = above.get(user.pk) in authority.OWNERS
    reader = _Reader(user, owns, frozenset(() if owns else above))
    rows = Entry.objects.filter(room=room_id).exclude(action__in=_NOT_SHOWN).select_related("undone", "person")
    return [_shown(entry, reader) for entry in rows[: protocol.ACTS_LIMIT]]


def _is_of_owners(entry: Entry, user_id: int | None) -> bool:
    """Also what a moderator may do, where taking it back would make somebody more than a member."""
    if entry.action == "room.transfer" and entry.actor_id == user_id and entry.at > timezone.now() - roles.TAKEN_BACK:
        return False
    seat = entry.details.get("seat")
    return entry.action in OF_OWNERS or (seat is not None and seat["role"] in MODERATORS)


def _may_undo(entry: Entry, reader: _Reader) -> bool:
    """What `undo` lets them, without asking anew for each."""
    if entry.via != Entry.Via.CHAT or not undoing.can_be_undone(entry):
        return False
    if _is_of_owners(entry, reader.user.pk) and not reader.owns:
        return False
    if entry.action not in OF_OWNERS and entry.person_id in reader.above:
        return False
    return undoing.is_of_others(reader.user, entry)


def _shown(entry: Entry, reader: _Reader) -> protocol.LogEntry:
    return protocol.LogEntry(
        id=entry.pk,
        at=entry.at,
        actor=entry.actor_name,
        action=entry.action,
        person=entry.person_name,
        summary=entry.summary,
        reason=entry.reason,
        undone=hasattr(entry, "undone"),
        undoable=_may_undo(entry, reader),
    )
