"""The way back from mutes, removals and bans: what the act changed, and nothing that changed since."""

from chat.models import Membership, Restriction
from chat.services import authority, invitations, measures, sql
from chat.services.restrictions import PERMISSION
from chat.services.sql import LockedRoom
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import Undo
from realtime_site.live.errors import ClientError


def _undo_mute(entry: Entry, by: Actor) -> str:
    room, person_id = _again(entry)
    _unplace(entry, by, room)
    measures.tell_mute(room, person_id)
    return f"Took back the mute of {entry.person_name}."


def _undo_unmute(entry: Entry, by: Actor) -> str:
    room, person_id = _again(entry)
    measures.reopen(by, room, _lifted(entry))
    measures.tell_mute(room, person_id)
    return f"{entry.person_name} is muted again."


def _undo_remove(entry: Entry, by: Actor) -> str:
    room, person_id = _again_in(entry)
    back = _bring_back(entry, room, person_id)
    measures.tell_back(person_id, entry.details["seat"])
    return f"{entry.person_name} {back}."


def _undo_ban(entry: Entry, by: Actor) -> str:
    room, person_id = _again_in(entry)
    measures.lock_heir(room, entry.details["seat"])
    placed, before = _unplace(entry, by, room)
    invitations.reopen(entry.details.get("invitations", ()))
    if before is not None and not measures.is_over(before):
        return f"Took back the ban of {entry.person_name} from {room.name}; the one before holds again."
    if entry.details["seat"]:
        back = _bring_back(entry, room, person_id)
        return f"Took back the ban of {entry.person_name}, who {back}."
    measures.tell_unbanned(by, room, placed)
    return f"Took back the ban of {entry.person_name} from {room.name}."


def _undo_unban(entry: Entry, by: Actor) -> str:
    room, person_id = _again_in(entry)
    if Membership.objects.filter(room=room.pk, user=person_id).exists():
        raise ClientError("conflict", "They have joined again. Ban them anew.")
    restriction = _lifted(entry)
    measures.tell_banned_again(restriction)
    measures.reopen(by, room, restriction)
    return f"{entry.person_name} is banned from {room.name} again."


def _again(entry: Entry) -> tuple[LockedRoom | None, int]:
    """The room and the person of an entry, locked as by the act. Raises `ClientError('conflict')` where one is gone."""
    if entry.person_id is None:
        raise ClientError("conflict", "The account is gone.")
    if entry.room is None:
        authority.lock_person(entry.person_id)
        sql.lock_rooms(measures.rooms_of(entry.person_id))
        return None, entry.person_id
    return authority.lock(entry.room), entry.person_id


def _again_in(entry: Entry) -> tuple[LockedRoom, int]:
    room, person_id = _again(entry)
    assert room is not None
    return room, person_id


def _bring_back(entry: Entry, room: LockedRoom, person_id: int) -> str:
    """What is so now, in words."""
    seat = entry.details["seat"]
    role = measures.bring_back(room, person_id, seat)
    other = "" if role == seat["role"] else ", as a moderator: it has another owner by now"
    return f"is in {room.name} again{other}"


def _unplace(entry: Entry, by: Actor, room: LockedRoom | None) -> tuple[Restriction, Restriction | None]:
    """Lifts what an act placed, and what that had taken the place of holds again, if it is not over: both."""
    placed = Restriction.objects.filter(pk=entry.details["restriction"], lifted_at=None).first()
    if placed is None:
        raise ClientError("conflict", "It has been lifted or replaced since.")
    measures.close(placed)
    before = Restriction.objects.filter(pk=entry.details["before"] or 0).first()
    if before:
        measures.reopen(by, room, before)
    return placed, before


def _lifted(entry: Entry) -> Restriction:
    """What an act lifted, if it can hold again."""
    restriction = Restriction.objects.get(pk=entry.details["restriction"])
    if measures.is_over(restriction):
        raise ClientError("conflict", "It would be over by now.")
    if measures.standing(restriction.kind, restriction.room_id, restriction.user_id):
        raise ClientError("conflict", "There is another one since.")
    return restriction


UNDO = {
    "member.mute": Undo(PERMISSION, _undo_mute),
    "member.unmute": Undo(PERMISSION, _undo_unmute),
    "member.remove": Undo(PERMISSION, _undo_remove),
    "member.ban": Undo(PERMISSION, _undo_ban),
    "member.unban": Undo(PERMISSION, _undo_unban),
}
