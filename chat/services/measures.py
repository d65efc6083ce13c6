"""What mutes, removals and bans are made of: their rows, and who hears of them. In locked rooms; only services that act
and that take back call this.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from chat import events, protocol, restraint
from chat.events import Lifted, Measure, Moderated
from chat.models import Membership, Restriction
from chat.services import news, rooms
from chat.services.sql import LockedRoom
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.live.errors import ClientError

Kind, Role = Restriction.Kind, Membership.Role
# What is told of a restriction that is placed.
_TOLD: dict[str, Measure] = {Kind.MUTE: "muted", Kind.BAN: "banned"}
_ACTIONS = {Kind.MUTE: "member.mute", Kind.BAN: "member.ban"}


def rooms_of(person_id: int) -> Iterable[int]:
    return Membership.objects.filter(user=person_id).values_list("room", flat=True)


# --- Restrictions ---------------------------------------------------------------------------------------------------


def place(
    kind: str, room: LockedRoom | None, person_id: int, by: Actor, seconds: int | None, reason: str
) -> tuple[Restriction, int | None]:
    """A new one, and which it takes the place of. Its person is told. Raises `ClientError('forbidden')`."""
    room_id = room.pk if room else None
    before = standing(kind, room_id, person_id)
    if before:
        _check_may_end(by, before)
        close(before)
    placed = Restriction.objects.create(
        kind=kind,
        room_id=room_id,
        user_id=person_id,
        by_id=by.user_id,
        reason=reason[:300],
        until=None if seconds is None else timezone.now() + timedelta(seconds=seconds),
    )
    tell_placed(by, room, placed)
    return placed, before.pk if before else None


def lift(kind: str, room: LockedRoom | None, person_id: int, by: Actor) -> Restriction:
    """Ends the one in force. Raises `ClientError`: `not_found`, `forbidden`."""
    found = restraint.in_force(kind).filter(room=room.pk if room else None, user=person_id).first()
    if found is None:
        raise ClientError("not_found", "They are not muted." if kind == Kind.MUTE else "They are not banned.")
    _check_may_end(by, found)
    close(found)
    return found


def standing(kind: str, room_id: int | None, person_id: int) -> Restriction | None:
    """The one that nobody has lifted, be it over by its time."""
    return Restriction.objects.filter(kind=kind, room=room_id, user=person_id, lifted_at=None).first()


def close(restriction: Restriction) -> None:
    """Ends one; what its person was told of it is no longer so."""
    restriction.lifted_at = timezone.now()
    restriction.save(update_fields=["lifted_at"])
    events.tell([Lifted(restriction.user_id, _TOLD[restriction.kind], restriction.pk)])


def reopen(by: Actor, room: LockedRoom | None, restriction: Restriction) -> None:
    """What was ended holds again, and is told again."""
    restriction.lifted_at = None
    restriction.save(update_fields=["lifted_at"])
    if not is_over(restriction):
        tell_placed(by, room, restriction)


def is_over(restriction: Restriction) -> bool:
    return restriction.until is not None and restriction.until <= timezone.now()


def _check_may_end(by: Actor, restriction: Restriction) -> None:
    """In the chat nobody ends what was placed outside of it, the log says where. Raises `ClientError('forbidden')`."""
    if by.via != Entry.Via.CHAT or is_over(restriction):
        return
    acts = Entry.objects.filter(
        action=_ACTIONS[Kind(restriction.kind)], person=restriction.user_id, details__restriction=restriction.pk
    )
    if acts.exclude(via=Entry.Via.CHAT).exists():
        raise ClientError("forbidden", "An admin did that. Ask them.")


# --- Memberships ----------------------------------------------------------------------------------------------------


def take_out(by: Actor, room: LockedRoom, person_id: int) -> dict[str, Any] | None:
    """Ends a membership; what is needed to begin it again, None where there is none. Nobody inherits a room whose owner
    they took out as an admin.
    """
    member = Membership.objects.filter(room=room.pk, user=person_id).first()
    if member is None:
        return None
    posted_at = member.posted_at.isoformat() if member.posted_at else None
    seat = {"id": member.pk, "role": member.role, "last_read": member.last_read, "posted_at": posted_at}
    member.delete()
    beside = list(_owners(room).values_list("user", flat=True))
    heir = rooms.hand_over(room.pk, but=by.user_id if by.via == Entry.Via.ADMIN else None)
    if heir:
        rooms.tell_roles(room.pk, [heir.user_id])
    rooms.part(user_id=person_id, room=room)
    inherited = [heir.user_id, heir.role] if heir else None
    return seat | {"joined_at": member.joined_at.isoformat(), "heir": inherited, "beside": beside}


def bring_back(room: LockedRoom, person_id: int, seat: dict[str, Any]) -> str:
    """The membership as it was, and whoever inherited the room what they were before; in what role. Who owned it is a
    moderator where by now somebody does who did not beside them. Raises `ClientError('conflict')`.
    """
    if room.archived_at is not None:
        raise ClientError("conflict", "The room is archived.")
    if Membership.objects.filter(room=room.pk, user=person_id).exists():
        raise ClientError("conflict", "They are in the room again.")
    if restraint.in_force(Kind.BAN).filter(room=room.pk, user=person_id).exists():
        raise ClientError("conflict", "They have been banned since.")
    _take_back(room, seat["heir"])
    role: str = seat["role"]
    if role == Role.OWNER and _owners(room).exclude(user__in=seat.get("beside", ())).exists():
        role = Role.MODERATOR.value
    member = Membership.objects.create(
        room_id=room.pk, user_id=person_id, role=role, last_read=min(seat["last_read"], room.head)
    )
    at = {name: _moment(seat[name]) for name in ("joined_at", "posted_at")}
    Membership.objects.filter(pk=member.pk).update(**at)
    rooms.enter(user_id=person_id, room=room)
    return role


def lock_heir(room: LockedRoom, seat: dict[str, Any] | None) -> None:
    """For `bring_back`, by whoever tells of something before it: memberships are locked before inboxes, as who reads
    locks them.
    """
    if seat and seat["heir"]:
        list(Membership.objects.select_for_update().filter(room=room.pk, user=seat["heir"][0]).values_list("pk"))


def _take_back(room: LockedRoom, heir: tuple[int, str] | None) -> None:
    """What somebody inherited, if anybody did and has it still."""
    if heir is None:
        return
    user_id, role = heir
    if _owners(room).filter(user=user_id).update(role=role):
        rooms.tell_roles(room.pk, [user_id])


def _owners(room: LockedRoom) -> QuerySet[Membership]:
    return Membership.objects.filter(room=room.pk, role=Role.OWNER)


def _moment(text: str | None) -> datetime | None:
    return parse_datetime(text) if text else None


# --- Who hears of it ------------------------------------------------------------------------------------------------


def tell_mute(room: LockedRoom | None, person_id: int) -> None:
    """To the person's own sockets, of each room it concerns."""
    pairs = [(pk, person_id) for pk in ([room.pk] if room else rooms_of(person_id))]
    for (room_id, _), until in restraint.muted_until(pairs).items():
        rooms.tell(person_id, protocol.Room(id=room_id, muted_until=until))


def tell_placed(by: Actor, room: LockedRoom | None, placed: Restriction) -> None:
    lasts = restraint.lasting(placed.until)
    _tell(by, room, placed.user_id, _TOLD[placed.kind], placed.pk, lasts, placed.reason)


def tell_removed(by: Actor, room: LockedRoom, person_id: int, seat: dict[str, Any], reason: str) -> None:
    _tell(by, room, person_id, "removed", seat["id"], "", reason)


def tell_back(person_id: int, seat: dict[str, Any]) -> None:
    """A removal was taken back."""
    events.tell([Lifted(person_id, "removed", seat["id"])])


def tell_unbanned(by: Actor, room: LockedRoom, lifted: Restriction) -> None:
    _tell(by, room, lifted.user_id, "unbanned", lifted.pk, "", "")


def tell_banned_again(lifted: Restriction) -> None:
    """That they may come again is no longer so."""
    events.tell([Lifted(lifted.user_id, "unbanned", lifted.pk)])


def _tell(
    by: Actor, room: LockedRoom | None, person_id: int, what: Measure, number: int, lasts: str, reason: str
) -> None:
    where = news.ref(room) if room else None
    events.tell([Moderated(person_id, where, what, number, lasts, by.name, reason)])
