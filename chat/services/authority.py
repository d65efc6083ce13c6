"""Who may do what to whom in a room, asked under its lock.

Acts through the chat are members': their role counts. Acts through the admin, or a command, are checked for permissions
where they come in; here, as for all, nobody acts upon themselves, and only a superuser upon a superuser.
"""

from typing import Any

from django.contrib.auth import get_user_model

from chat import protocol, wire
from chat.access import check_not_direct, check_open, deny
from chat.models import Membership, Room
from chat.services import sql
from chat.services.sql import LockedRoom
from chat.services.standing import MODERATORS
from realtime_site.audit import upon as rule
from realtime_site.audit.log import Actor, Subject
from realtime_site.audit.models import Entry
from realtime_site.live.errors import ClientError

OWNERS = frozenset({Membership.Role.OWNER.value})

check_upon = rule.check


def lock(room_id: int) -> LockedRoom:
    """The room, until the transaction ends. Raises `ClientError('not_found')`."""
    for room in sql.lock_rooms([room_id]):
        return room
    raise ClientError("not_found", "No such room.")


def check(
    by: Actor, room: LockedRoom, *, upon: Any = None, roles: frozenset[str] = MODERATORS, archived: bool = False
) -> None:
    """Whether somebody may act in a locked room, upon a person if one is given.

    `roles`: of those who may, through the chat; `archived`: also where the room is.
    Raises `ClientError`: `not_found`, `forbidden`.
    """
    if by.via == Entry.Via.CHAT:
        role = _role_of(by, room)
        check_not_direct(room)
        if not archived:
            check_open(room)
        if role not in roles:
            raise ClientError("forbidden", "You may not do that in this room.")
        if upon is not None and upon.pk != by.user_id and role not in OWNERS:
            _check_member(room, upon)
    if upon is not None:
        check_upon(by, upon)


def check_no_member(by: Actor) -> None:
    """For what concerns more than one room. Raises `ClientError('forbidden')` for acts through the chat."""
    if by.via == Entry.Via.CHAT:
        raise ClientError("forbidden", "You may not do that in all rooms.")


def find_person(person_id: int) -> Any:
    """Raises `ClientError('not_found')`."""
    found = get_user_model().objects.filter(pk=person_id).first()
    if found is None:
        raise ClientError("not_found", "No such person.")
    return found


def lock_person(person_id: int) -> Any:
    """The same, until the transaction ends: for what concerns more than one room. Where one locks both, the person is
    first. Rows that name the person are written meanwhile: messages wait for their rooms alone.
    """
    people = get_user_model().objects.select_for_update(no_key=True)
    found = people.filter(pk=person_id).first()
    if found is None:
        raise ClientError("not_found", "No such person.")
    return found


def described(*, room_id: int) -> protocol.Room:
    """A room as everybody in it sees it, for whoever has just changed it."""
    return wire.described(Room.objects.get(pk=room_id))


def of_person(user: Any) -> Subject:
    return Subject(user.pk, wire.person(user).name)


def of_room(room: LockedRoom | Room) -> Subject:
    return Subject(room.pk, room.name or "a conversation")


def _role_of(by: Actor, room: LockedRoom) -> str:
    seat = None if by.user_id is None else sql.active_members([(room.pk, by.user_id)]).get((room.pk, by.user_id))
    if seat is None:
        deny(room.pk, by.user_id or 0)
    return seat.role


def _check_member(room: LockedRoom, person: Any) -> None:
    """What a moderator may act upon: not upon other moderators, nor owners."""
    if Membership.objects.filter(room=room.pk, user=person.pk, role__in=MODERATORS).exists():
        raise ClientError("forbidden", "Only an owner may do that to a moderator or an owner.")
