"""Muting, removing, banning. `reversal.py` has the way back.

All under the room's lock: once it is committed nothing more of theirs is written there.
"""

from typing import Any

from django.db import transaction

from chat import restraint
from chat.models import Membership, Message, Restriction, Room
from chat.services import authority, invitations, measures, rooms, sql
from chat.services.sql import LockedRoom
from realtime_site.audit import log
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.live.errors import ClientError

Kind = Restriction.Kind
PERMISSION = "chat.moderate_room"


def mute(*, by: Actor, room_id: int | None, person_id: int, seconds: int | None, reason: str) -> Entry:
    """Lets somebody read and not write: for so long, or until it is lifted; in a room, or in all.

    Raises `ClientError`: `not_found`, `forbidden`.
    """
    with transaction.atomic():
        room, person = _reach(by, room_id, person_id)
        if room is not None and not Membership.objects.filter(room=room.pk, user=person_id).exists():
            raise ClientError("not_found", "They are not in this room.")
        placed, before = measures.place(Kind.MUTE, room, person_id, by, seconds, reason)
        measures.tell_mute(room, person_id)
        details = {"restriction": placed.pk, "before": before}
        return _record(
            by, "member.mute", f"Muted {_where(person, room)} {_until(placed)}.", reason, person, room, details
        )


def unmute(*, by: Actor, room_id: int | None, person_id: int, reason: str) -> Entry:
    """Lifts a mute: the room's, or that of all rooms. Raises `ClientError`: `not_found`, `forbidden`."""
    with transaction.atomic():
        room, person = _reach(by, room_id, person_id)
        lifted = measures.lift(Kind.MUTE, room, person_id, by)
        measures.tell_mute(room, person_id)
        details = {"restriction": lifted.pk}
        return _record(by, "member.unmute", f"Unmuted {_where(person, room)}.", reason, person, room, details)


def remove(*, by: Actor, room_id: int, person_id: int, reason: str) -> Entry:
    """Takes somebody out of a room; they may come again if it is public. Raises `ClientError`: `not_found`,
    `forbidden`.
    """
    with transaction.atomic():
        room, person = _reach_in(by, room_id, person_id)
        seat = measures.take_out(by, room, person_id)
        if seat is None:
            raise ClientError("not_found", "They are not in this room.")
        measures.tell_removed(by, room, person_id, seat, reason)
        summary = f"Removed {authority.of_person(person).name} from {room.name}."
        return _record(by, "member.remove", summary, reason, person, room, {"seat": seat})


def ban(*, by: Actor, room_id: int, person_id: int, seconds: int | None, reason: str) -> Entry:
    """Takes somebody out of a room, and keeps them out: for so long, or until it is lifted. They need not be in it.
    Their links to it let nobody in any more.

    Raises `ClientError`: `not_found`, `forbidden`.
    """
    with transaction.atomic():
        room, person = _reach_in(by, room_id, person_id)
        seat = measures.take_out(by, room, person_id)
        placed, before = measures.place(Kind.BAN, room, person_id, by, seconds, reason)
        summary = f"Banned {authority.of_person(person).name} from {room.name} {_until(placed)}."
        ended = invitations.end_all_of(room_id=room.pk, user_id=person_id)
        details = {"restriction": placed.pk, "before": before, "seat": seat, "invitations": ended}
        return _record(by, "member.ban", summary, reason, person, room, details)


def unban(*, by: Actor, room_id: int, person_id: int, reason: str) -> Entry:
    """Lets somebody come again; it brings nobody back. Raises `ClientError`: `not_found`, `forbidden`."""
    with transaction.atomic():
        room, person = _reach_in(by, room_id, person_id)
        lifted = measures.lift(Kind.BAN, room, person_id, by)
        measures.tell_unbanned(by, room, lifted)
        summary = f"Lifted the ban of {authority.of_person(person).name} from {room.name}."
        return _record(by, "member.unban", summary, reason, person, room, {"restriction": lifted.pk})


def bans_in(*, by: Actor, room_id: int) -> list[Restriction]:
    """Those in force, the newest first, with the people loaded. Raises `ClientError`: `not_found`, `forbidden`."""
    with transaction.atomic():
        authority.check(by, authority.lock(room_id))
        found = restraint.in_force(Kind.BAN).filter(room=room_id).select_related("user", "by")
        return list(found.order_by("-created_at"))


def preview_of(*, by: Actor, act: str, room_id: int, person_id: int, count: int) -> list[str]:
    """What an act would touch, to somebody who may do it. Raises `ClientError`: `not_found`, `forbidden`."""
    with transaction.atomic():
        _reach_in(by, room_id, person_id)
        return preview(act=act, room_id=room_id, person_id=person_id, count=count)


def preview(*, act: str, room_id: int | None, person_id: int, count: int) -> list[str]:
    """What an act would touch, in sentences. Raises `ClientError('not_found')`."""
    name = authority.of_person(authority.find_person(person_id)).name
    room = None if room_id is None else Room.objects.filter(pk=room_id).first()
    where = f"in {room.name}" if room else "in all rooms"
    if act == "clear":
        said = text_of(person_id, room_id)[:count].count()
        return [f"Deletes {amount(said, 'message')} of {name} {where}."]
    if act == "mute":
        return [f"{name} reads {where} and writes nothing."]
    is_here = Membership.objects.filter(room=room_id, user=person_id).exists()
    lines = [f"{name} leaves {room.name} at once." if is_here and room else f"{name} is not in the room now."]
    if act == "ban":
        lines.append("They cannot come back while it lasts.")
    elif room and room.kind == Room.Kind.PUBLIC:
        lines.append("They may join again: the room is public.")
    return [*lines, f"Their {amount(text_of(person_id, room_id).count(), 'message')} there stay."]


def text_of(person_id: int, room_id: int | None) -> Any:
    """What somebody wrote that stands, the newest first: in a room, or in all that are no conversations."""
    said = Message.objects.filter(author=person_id, kind=Message.Kind.TEXT, deleted_at=None)
    said = said.exclude(room__kind=Room.Kind.DIRECT) if room_id is None else said.filter(room=room_id)
    return said.order_by("-created_at", "-pk")


def amount(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


# --- Whom, and where ------------------------------------------------------------------------------------------------


def _reach(by: Actor, room_id: int | None, person_id: int) -> tuple[LockedRoom | None, Any]:
    """The room, locked, or None for all: then the person is locked, who may be in none, and all rooms of theirs."""
    if room_id is not None:
        return _reach_in(by, room_id, person_id)
    authority.check_no_member(by)
    person = authority.lock_person(person_id)
    authority.check_upon(by, person)
    sql.lock_rooms(measures.rooms_of(person_id))
    return None, person


def _reach_in(by: Actor, room_id: int, person_id: int) -> tuple[LockedRoom, Any]:
    room = authority.lock(room_id)
    authority.check(by, room)  # strangers learn nothing of who there is
    rooms.check_not_direct_locked(room)
    person = authority.find_person(person_id)
    authority.check(by, room, upon=person)
    return room, person


# --- Words ----------------------------------------------------------------------------------------------------------


def _where(person: Any, room: LockedRoom | None) -> str:
    return f"{authority.of_person(person).name} in {room.name if room else 'all rooms'}"


def _until(placed: Restriction) -> str:
    return "until it is lifted" if placed.until is None else f"until {restraint.moment(placed.until)}"


def _record(
    by: Actor, action: str, summary: str, reason: str, person: Any, room: LockedRoom | None, details: dict[str, Any]
) -> Entry:
    return log.record(
        by=by,
        action=action,
        summary=summary,
        reason=reason,
        person=authority.of_person(person),
        room=authority.of_room(room) if room else None,
        details=details,
    )
