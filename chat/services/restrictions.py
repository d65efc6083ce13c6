"""Muting, removing, banning, and the way back.

All under the room's lock: once it is committed nothing more of theirs is written there.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from chat import events, protocol, restraint
from chat.events import Moderated
from chat.models import Membership, Message, Restriction, Room
from chat.services import authority, news, rooms, sql
from chat.services.sql import LockedRoom
from realtime_site.audit import log
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import Undo
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
        placed, before = _place(Kind.MUTE, room, person, by, seconds, reason)
        _tell_mute(room, person_id)
        _notify(by, room, person_id, "muted", placed.until, reason)
        details = {"restriction": placed.pk, "before": before}
        return _record(
            by, "member.mute", f"Muted {_where(person, room)} {_until(placed)}.", reason, person, room, details
        )


def unmute(*, by: Actor, room_id: int | None, person_id: int, reason: str) -> Entry:
    """Lifts a mute: the room's, or that of all rooms. Raises `ClientError`: `not_found`, `forbidden`."""
    with transaction.atomic():
        room, person = _reach(by, room_id, person_id)
        lifted = _lift(Kind.MUTE, room, person_id)
        _tell_mute(room, person_id)
        details = {"restriction": lifted.pk}
        return _record(by, "member.unmute", f"Unmuted {_where(person, room)}.", reason, person, room, details)


def remove(*, by: Actor, room_id: int, person_id: int, reason: str) -> Entry:
    """Takes somebody out of a room; they may come again if it is public. Raises `ClientError`: `not_found`,
    `forbidden`.
    """
    with transaction.atomic():
        room, person = _reach_in(by, room_id, person_id)
        seat = _take_out(room, person_id)
        if seat is None:
            raise ClientError("not_found", "They are not in this room.")
        _notify(by, room, person_id, "removed", None, reason)
        summary = f"Removed {authority.of_person(person).name} from {room.name}."
        return _record(by, "member.remove", summary, reason, person, room, {"seat": seat})


def ban(*, by: Actor, room_id: int, person_id: int, seconds: int | None, reason: str) -> Entry:
    """Takes somebody out of a room, and keeps them out: for so long, or until it is lifted. They need not be in it.

    Raises `ClientError`: `not_found`, `forbidden`.
    """
    with transaction.atomic():
        room, person = _reach_in(by, room_id, person_id)
        seat = _take_out(room, person_id)
        placed, before = _place(Kind.BAN, room, person, by, seconds, reason)
        _notify(by, room, person_id, "banned", placed.until, reason)
        summary = f"Banned {authority.of_person(person).name} from {room.name} {_until(placed)}."
        details = {"restriction": placed.pk, "before": before, "seat": seat}
        return _record(by, "member.ban", summary, reason, person, room, details)


def unban(*, by: Actor, room_id: int, person_id: int, reason: str) -> Entry:
    """Lets somebody come again; it brings nobody back. Raises `ClientError`: `not_found`, `forbidden`."""
    with transaction.atomic():
        room, person = _reach_in(by, room_id, person_id)
        lifted = _lift(Kind.BAN, room, person_id)
        _notify(by, room, person_id, "unbanned", None, "")
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
    lines = [f"{name} is in {room.name} no more." if is_here and room else f"{name} is not in the room now."]
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
    """The room, locked, or None for all: then all that are the person's are locked."""
    if room_id is not None:
        return _reach_in(by, room_id, person_id)
    authority.check_no_member(by)
    person = authority.find_person(person_id)
    authority.check_upon(by, person)
    sql.lock_rooms(_rooms_of(person_id))
    return None, person


def _reach_in(by: Actor, room_id: int, person_id: int) -> tuple[LockedRoom, Any]:
    room = authority.lock(room_id)
    authority.check(by, room)  # strangers learn nothing of who there is
    rooms.check_not_direct_locked(room)
    person = authority.find_person(person_id)
    authority.check(by, room, upon=person)
    return room, person


def _rooms_of(person_id: int) -> Iterable[int]:
    return Membership.objects.filter(user=person_id).values_list("room", flat=True)


# --- What an act does -----------------------------------------------------------------------------------------------


def _place(
    kind: str, room: LockedRoom | None, person: Any, by: Actor, seconds: int | None, reason: str
) -> tuple[Restriction, int | None]:
    """A new restriction, and the one it takes the place of."""
    now = timezone.now()
    before = _open(kind, room.pk if room else None, person.pk)
    if before:
        _close(before)
    placed = Restriction.objects.create(
        kind=kind,
        room_id=room.pk if room else None,
        user=person,
        by_id=by.user_id,
        reason=reason[:300],
        until=None if seconds is None else now + timedelta(seconds=seconds),
    )
    return placed, before.pk if before else None


def _open(kind: str, room_id: int | None, person_id: int) -> Restriction | None:
    return Restriction.objects.filter(kind=kind, room=room_id, user=person_id, lifted_at=None).first()


def _close(restriction: Restriction) -> None:
    restriction.lifted_at = timezone.now()
    restriction.save(update_fields=["lifted_at"])


def _lift(kind: str, room: LockedRoom | None, person_id: int) -> Restriction:
    found = restraint.in_force(kind).filter(room=room.pk if room else None, user=person_id).first()
    if found is None:
        raise ClientError("not_found", "They are not muted." if kind == Kind.MUTE else "They are not banned.")
    _close(found)
    return found


def _take_out(room: LockedRoom, person_id: int) -> dict[str, Any] | None:
    """Ends a membership; what is needed to begin it again, None where there is none."""
    member = Membership.objects.filter(room=room.pk, user=person_id).first()
    if member is None:
        return None
    posted_at = member.posted_at.isoformat() if member.posted_at else None
    seat = {"role": member.role, "last_read": member.last_read, "joined_at": member.joined_at.isoformat()}
    member.delete()
    heir = rooms.hand_over(room.pk)
    if heir:
        rooms.tell_role(room.pk, heir.user_id)
    rooms.part(user_id=person_id, room=room)
    return seat | {"posted_at": posted_at, "heir": [heir.user_id, heir.role] if heir else None}


def _bring_back(room: LockedRoom, person_id: int, seat: dict[str, Any]) -> None:
    """Under the lock: the membership as it was, and whoever inherited the room what they were before."""
    if Membership.objects.filter(room=room.pk, user=person_id).exists():
        raise ClientError("conflict", "They are in the room again.")
    if restraint.in_force(Kind.BAN).filter(room=room.pk, user=person_id).exists():
        raise ClientError("conflict", "They have been banned since.")
    member = Membership.objects.create(
        room_id=room.pk, user_id=person_id, role=seat["role"], last_read=min(seat["last_read"], room.head)
    )
    at = {name: _moment(seat[name]) for name in ("joined_at", "posted_at")}
    Membership.objects.filter(pk=member.pk).update(**at)
    if seat["heir"]:
        heir_id, role = seat["heir"]
        if Membership.objects.filter(room=room.pk, user=heir_id, role=Membership.Role.OWNER).update(role=role):
            rooms.tell_role(room.pk, heir_id)
    rooms.enter(user_id=person_id, room=room)


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


# --- Words ----------------------------------------------------------------------------------------------------------


def _where(person: Any, room: LockedRoom | None) -> str:
    return f"{authority.of_person(person).name} in {room.name if room else 'all rooms'}"


def _until(placed: Restriction) -> str:
    return "until it is lifted" if placed.until is None else f"until {restraint.moment(placed.until)}"


def _tell_mute(room: LockedRoom | None, person_id: int) -> None:
    """To the person's own sockets, of each room it concerns."""
    pairs = [(pk, person_id) for pk in ([room.pk] if room else _rooms_of(person_id))]
    for (room_id, _), until in restraint.muted_until(pairs).items():
        rooms.tell(person_id, protocol.Room(id=room_id, muted_until=until))


def _notify(
    by: Actor, room: LockedRoom | None, person_id: int, what: events.Measure, until: datetime | None, reason: str
) -> None:
    events.tell([Moderated(person_id, news.ref(room) if room else None, what, until, by.name, reason)])


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


# --- The way back ---------------------------------------------------------------------------------------------------


def _undo_mute(entry: Entry, by: Actor) -> str:
    room, person_id = _again(entry)
    _unplace(entry)
    _tell_mute(room, person_id)
    return f"Took back the mute of {entry.person_name}."


def _undo_unmute(entry: Entry, by: Actor) -> str:
    room, person_id = _again(entry)
    _reopen(entry.details["restriction"])
    _tell_mute(room, person_id)
    return f"{entry.person_name} is muted again."


def _undo_remove(entry: Entry, by: Actor) -> str:
    room, person_id = _again(entry)
    assert room is not None
    _bring_back(room, person_id, entry.details["seat"])
    return f"{entry.person_name} is in {room.name} again."


def _undo_ban(entry: Entry, by: Actor) -> str:
    room, person_id = _again(entry)
    assert room is not None
    _unplace(entry)
    if entry.details["seat"] and not entry.details["before"]:
        _bring_back(room, person_id, entry.details["seat"])
        return f"Took back the ban of {entry.person_name}, who is in {room.name} again."
    _notify(by, room, person_id, "unbanned", None, "")
    return f"Took back the ban of {entry.person_name} from {room.name}."


def _undo_unban(entry: Entry, by: Actor) -> str:
    room, person_id = _again(entry)
    assert room is not None
    if Membership.objects.filter(room=room.pk, user=person_id).exists():
        raise ClientError("conflict", "They have joined again. Ban them anew.")
    restriction = _reopen(entry.details["restriction"])
    _notify(by, room, person_id, "banned", restriction.until, restriction.reason)
    return f"{entry.person_name} is banned from {room.name} again."


def _again(entry: Entry) -> tuple[LockedRoom | None, int]:
    """The room and the person of an entry, locked as by the act. Raises `ClientError('conflict')` where one is gone."""
    if entry.person_id is None:
        raise ClientError("conflict", "The account is gone.")
    if entry.room is None:
        sql.lock_rooms(_rooms_of(entry.person_id))
        return None, entry.person_id
    return authority.lock(entry.room), entry.person_id


def _unplace(entry: Entry) -> None:
    """Lifts what an act placed, and what that had taken the place of holds again."""
    placed = Restriction.objects.filter(pk=entry.details["restriction"], lifted_at=None).first()
    if placed is None:
        raise ClientError("conflict", "It has been lifted or replaced since.")
    _close(placed)
    if entry.details["before"]:
        Restriction.objects.filter(pk=entry.details["before"]).update(lifted_at=None)


def _reopen(restriction_id: int) -> Restriction:
    restriction = Restriction.objects.get(pk=restriction_id)
    if restriction.until and restriction.until <= timezone.now():
        raise ClientError("conflict", "It would be over by now.")
    if _open(restriction.kind, restriction.room_id, restriction.user_id):
        raise ClientError("conflict", "There is another one since.")
    restriction.lifted_at = None
    restriction.save(update_fields=["lifted_at"])
    return restriction


UNDO = {
    "member.mute": Undo(PERMISSION, _undo_mute),
    "member.unmute": Undo(PERMISSION, _undo_unmute),
    "member.remove": Undo(PERMISSION, _undo_remove),
    "member.ban": Undo(PERMISSION, _undo_ban),
    "member.unban": Undo(PERMISSION, _undo_unban),
}
