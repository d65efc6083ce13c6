"""How chat's acts are taken back: `realtime_site.audit.undoing` asks by the action's name.

And who may, in the chat: the moderators of the room, as for the act. What was done in the admin is undone there.
"""

from django.db import transaction

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
        roles = authority.OWNERS if _is_of_owners(entry) else MODERATORS
        authority.check(by, room, roles=roles, archived=entry.action == "room.archive")
        if entry.person is not None and entry.action not in OF_OWNERS:
            authority.check(by, room, upon=entry.person)
        if entry.via != Entry.Via.CHAT:
            raise ClientError("forbidden", "An admin did that. Ask them.")
        return undoing.undo(entry_id=entry_id, by=by, reason=reason)


def acts_in(*, by: Actor, room_id: int) -> list[protocol.LogEntry]:
    """What was done in a room, the newest first, as its moderators see it. Raises `ClientError`: `not_found`,
    `forbidden`.
    """
    with transaction.atomic():
        authority.check(by, authority.lock(room_id))
        owner = Membership.objects.filter(room=room_id, user=by.user_id, role=Membership.Role.OWNER).exists()
    rows = Entry.objects.filter(room=room_id).exclude(action__in=_NOT_SHOWN).select_related("undone")
    return [_shown(entry, owner=owner) for entry in rows[: protocol.ACTS_LIMIT]]


def _is_of_owners(entry: Entry) -> bool:
    """Also what a moderator may do, where taking it back would make somebody more than a member."""
    seat = entry.details.get("seat")
    return entry.action in OF_OWNERS or (seat is not None and seat["role"] in MODERATORS)


def _shown(entry: Entry, *, owner: bool) -> protocol.LogEntry:
    may = entry.via == Entry.Via.CHAT and (owner or not _is_of_owners(entry))
    return protocol.LogEntry(
        id=entry.pk,
        at=entry.at,
        actor=entry.actor_name,
        action=entry.action,
        person=entry.person_name,
        summary=entry.summary,
        reason=entry.reason,
        undone=hasattr(entry, "undone"),
        undoable=may and undoing.can_be_undone(entry),
    )
