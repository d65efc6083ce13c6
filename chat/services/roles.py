"""Who is owner and moderator of a room, changed by an owner or an admin."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet

from chat.models import Membership
from chat.services import authority, log, rooms
from chat.services.sql import LockedRoom
from realtime_site.audit import log as audit
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import Undo
from realtime_site.live.errors import ClientError

Role = Membership.Role
NAMES: dict[str, str] = {Role.OWNER: "an owner", Role.MODERATOR: "a moderator", Role.MEMBER: "a member"}
# For how long who gave a room away takes it back: one sleeps over it; then it is theirs who got it.
TAKEN_BACK = timedelta(days=1)


def change(*, by: Actor, room_id: int, person_id: int, role: str, reason: str) -> Entry:
    """Gives somebody in a room another role. Raises `ClientError`: `not_found`, `forbidden`, `conflict` where it is
    theirs already, or no owner would be left.
    """
    with transaction.atomic():
        room, member = _reach(by, room_id, person_id)
        authority.check_upon(by, member.user)
        before = member.role
        if before == role:
            raise ClientError("conflict", f"They are {NAMES[role]} already.")
        _give(room, {person_id: role})
        if not Membership.objects.filter(room=room.pk, role=Role.OWNER).exists():
            raise ClientError("conflict", "A room needs an owner. Give it another one first.")
        person = authority.of_person(member.user)
        return audit.record(
            by=by,
            action="member.role",
            summary=f"Made {person.name} {NAMES[role]} of {room.name}.",
            reason=reason,
            person=person,
            room=authority.of_room(room),
            details={"before": {person_id: before}, "after": {person_id: role}},
        )


def transfer(*, by: Actor, room_id: int, person_id: int, reason: str) -> Entry:
    """Makes somebody in a room its only owner; those who were become moderators. Raises `ClientError`: `not_found`,
    `forbidden`, `conflict` where they are that already.
    """
    with transaction.atomic():
        room, member = _reach(by, room_id, person_id)
        owners = dict.fromkeys(_owners(room, but=person_id), Role.OWNER.value)
        _check_staff(by, gain=[person_id], lose=owners)
        if member.role == Role.OWNER and not owners:
            raise ClientError("conflict", "The room is theirs already.")
        before = owners | {person_id: member.role}
        after = dict.fromkeys(owners, Role.MODERATOR.value) | {person_id: Role.OWNER.value}
        _give(room, after)
        log.say(room, member.user, "owns the room now")
        person = authority.of_person(member.user)
        return audit.record(
            by=by,
            action="room.transfer",
            summary=f"Gave {room.name} to {person.name}.",
            reason=reason,
            person=person,
            room=authority.of_room(room),
            details={"before": before, "after": after},
        )


def _reach(by: Actor, room_id: int, person_id: int) -> tuple[LockedRoom, Membership]:
    """The locked room, and who is in it."""
    room = authority.lock(room_id)
    authority.check(by, room, roles=authority.OWNERS)
    rooms.check_not_direct_locked(room)
    member = Membership.objects.select_related("user").filter(room=room_id, user=person_id).first()
    if member is None:
        raise ClientError("not_found", "They are not in this room.")
    return room, member


def _owners(room: LockedRoom, but: int) -> list[int]:
    found = Membership.objects.filter(room=room.pk, role=Role.OWNER).exclude(user=but)
    return list(found.values_list("user", flat=True))


def _check_staff(by: Actor, *, gain: Iterable[int] = (), lose: Iterable[int]) -> None:
    """In the admin nobody takes a room for themselves, and only a superuser gives one to a superuser, or takes it.
    One's own anybody may give away. Raises `ClientError('forbidden')`.
    """
    if by.via == Entry.Via.ADMIN:
        for person_id in [*gain, *(user_id for user_id in lose if user_id != by.user_id)]:
            authority.check_upon(by, authority.find_person(person_id))


def _give(room: LockedRoom, roles: dict[int, str]) -> None:
    for user_id, role in roles.items():
        Membership.objects.filter(room=room.pk, user=user_id).update(role=role)
    rooms.tell_roles(room.pk, roles)


def _undo(entry: Entry, by: Actor) -> str:
    """Gives those their roles back who still have what the act gave them."""
    assert entry.room is not None
    room = authority.lock(entry.room)
    now = dict(Membership.objects.filter(room=room.pk).values_list("user", "role"))
    before, after = ({int(pk): role for pk, role in entry.details[name].items()} for name in ("before", "after"))
    if entry.person_id is None or now.get(entry.person_id) != after.get(entry.person_id):
        raise ClientError("conflict", "Their role has changed since.")
    _check_staff(by, lose=[entry.person_id])
    _give(room, {user_id: role for user_id, role in before.items() if now.get(user_id) == after[user_id]})
    if not Membership.objects.filter(room=room.pk, role=Role.OWNER).exists():
        raise ClientError("conflict", "No owner would be left.")
    return f"Gave back the roles in {room.name} as they were."


def _who_lost_it(entry: Entry) -> QuerySet[Any]:
    """By a transfer: who has the room may give it back."""
    lost = [int(pk) for pk in entry.details["before"] if int(pk) != entry.person_id]
    return get_user_model().objects.filter(pk__in=lost)


UNDO = {
    "member.role": Undo("chat.transfer_room", _undo),
    "room.transfer": Undo("chat.transfer_room", _undo, upon=_who_lost_it, regret=TAKEN_BACK),
}
