"""Rooms and who is in them."""

import secrets
from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Greatest, Least
from django.utils.text import slugify

from chat import events, protocol, restraint, selectors, wire
from chat.access import access_membership, access_public_room, check_not_direct, check_open
from chat.events import Added, Left, Read
from chat.models import Membership, Restriction, Room
from chat.services import blocks, log, maintenance, news
from chat.services.sql import LockedRoom
from realtime_site.live import topics
from realtime_site.live.errors import ClientError
from realtime_site.live.events import Event
from realtime_site.live.publish import publish_on_commit

Role = Membership.Role

# Slug, name, topic of the rooms that everybody is in.
DEFAULT_ROOMS = (
    ("general", "General", "Whatever concerns everybody"),
    ("random", "Random", "Everything else"),
)
# Addresses under /rooms/ that are no room's.
RESERVED_SLUGS = {"new"}


def create(*, owner_id: int, name: str, topic: str = "", kind: str = Room.Kind.PUBLIC) -> Room:
    """A new room with its owner in it. Its slug comes from the name."""
    with transaction.atomic():
        room = _insert(name=name, topic=topic, kind=kind, created_by_id=owner_id)
        _add(room, owner_id, Role.OWNER)
    return room


def join(*, user_id: int, room_id: int) -> protocol.Room:
    """Joins a public room; joining twice is joining once. Raises `ClientError`: `not_found`, `forbidden` to whom is
    banned.
    """
    with transaction.atomic():
        if not Membership.objects.filter(user_id=user_id, room_id=room_id).exists():
            room = access_public_room(room_id=room_id)
            _add(room, user_id, Role.MEMBER)
        return selectors.room_of(user_id=user_id, room_id=room_id)


def add(*, by_id: int, room_id: int, user_id: int) -> protocol.Room:
    """Somebody in the room brings somebody else in who is not banned, neither of whom has blocked the other.

    Raises `ClientError`: `not_found`, `forbidden`.
    """
    with transaction.atomic():
        membership = access_membership(user_id=by_id, room_id=room_id)
        room = membership.room
        check_open(room)
        check_not_direct(room)
        if not get_user_model().objects.filter(pk=user_id, is_active=True).exists():
            raise ClientError("not_found", "No such person.")
        blocks.check_neither_blocked(user_id=by_id, others=[user_id])
        if _add(room, user_id, Role.MEMBER):
            by = get_user_model().objects.get(pk=by_id)
            events.tell([Added(user_id, news.ref(room), by_id, wire.person(by).name)])
        return selectors.room_of(user_id=user_id, room_id=room_id)


def admit(*, user_id: int, room: Room, arriving: bool = False) -> protocol.Room:
    """Makes somebody a member of a room to which they have been let in; the caller has checked by whom.

    Who is `arriving` at the site comes in also while it is maintained.
    """
    with transaction.atomic():
        if not Membership.objects.filter(user_id=user_id, room=room).exists():
            _add(room, user_id, Role.MEMBER, arriving=arriving)
        return selectors.room_of(user_id=user_id, room_id=room.pk)


def leave(*, user_id: int, room_id: int) -> int:
    """Leaves a room; returns the number of the event that says so. Raises `ClientError`: `not_found`, `forbidden`.

    The last owner hands it to whoever has been in it longest.
    """
    with transaction.atomic():
        room = log.lock_rooms([room_id]).get(room_id)
        membership = Membership.objects.select_related("user", "room").filter(user_id=user_id, room_id=room_id).first()
        if room is None or membership is None:
            raise ClientError("not_found", "No such room.")
        check_not_direct(membership.room)
        membership.delete()
        if heir := hand_over(room.pk):
            tell_roles(room.pk, [heir.user_id])
        log.say(room, membership.user, "left")
        part(user_id=user_id, room=room)
    return room.head


def read(*, user_id: int, room_id: int, seq: int) -> protocol.ReadEvent:
    """Moves the read mark forward, to the room's head at most. Raises `ClientError`: `not_found`, `forbidden`."""
    with transaction.atomic():
        membership = access_membership(user_id=user_id, room_id=room_id)
        target = min(seq, membership.room.head)
        moved = target > membership.last_read
        if moved:
            mark = Greatest("last_read", Least(Value(seq), Value(membership.room.head)))
            Membership.objects.filter(pk=membership.pk).update(last_read=mark)
        room = selectors.room_of(user_id=user_id, room_id=room_id)
        event = protocol.ReadEvent(room_id, _int(room.last_read), _int(room.unread), _int(room.mentions))
        if moved:
            publish_on_commit(Event(topics.rooms(user_id), [wire.encode(event)]))
        events.tell([Read(user_id, room_id, event.last_read)])  # an invitation has no message that would move the mark
        return event


def create_default_rooms(*, owner_id: int) -> None:
    """The rooms of a new site. Those that are there stay as they are."""
    with transaction.atomic():
        for slug, name, topic in DEFAULT_ROOMS:
            room, created = Room.objects.get_or_create(
                slug=slug, defaults={"name": name, "topic": topic, "is_default": True, "created_by_id": owner_id}
            )
            if created:
                _add(room, owner_id, Role.OWNER, arriving=True)


def join_default_rooms(*, user_id: int) -> None:
    """What every new account is a member of, also while the site is maintained."""
    with transaction.atomic():
        mine = Membership.objects.filter(user_id=user_id).values("room")
        barred = restraint.in_force(Restriction.Kind.BAN).filter(user_id=user_id).values("room")
        rooms = Room.objects.filter(is_default=True, archived_at=None).exclude(pk__in=mine).exclude(pk__in=barred)
        for room in rooms.order_by("pk"):
            _add(room, user_id, Role.MEMBER, arriving=True)


def _insert(*, name: str, **fields: Any) -> Room:
    stem = slugify(name, allow_unicode=False)[:50].strip("-") or "room"
    for number in range(1, 100):
        # After a while a name is so common that counting is in vain.
        slug = stem if number == 1 else f"{stem}-{number if number < 50 else secrets.token_hex(4)}"
        if slug in RESERVED_SLUGS or Room.objects.filter(slug=slug).exists():
            continue
        try:
            with transaction.atomic():
                return Room.objects.create(slug=slug, name=name, **fields)
        except IntegrityError:  # somebody else took the slug just now
            continue
    raise ClientError("invalid", "Too many rooms have that name. Take another.")


def _add(room: Room, user_id: int, role: str, *, arriving: bool = False) -> bool:
    """A membership, the message that says so, and the news to the person's own sockets. Two at once make one, and for
    one of them this is False. Raises `ClientError`: `forbidden` to whom is banned, `unavailable` while the site is
    maintained; who is `arriving` at the site comes in even then, and nothing is said of it.
    """
    locked = log.lock_rooms([room.pk])[room.pk]
    check_open(locked)
    silent = arriving and maintenance.current() is not None
    if not arriving:
        maintenance.check()
    restraint.check_not_banned(room_id=room.pk, user_id=user_id)
    membership, created = Membership.objects.get_or_create(room_id=locked.pk, user_id=user_id, defaults={"role": role})
    if not created:
        return False
    if not silent:
        log.say(locked, membership.user, "created the room" if role == Role.OWNER else "joined")
    Membership.objects.filter(pk=membership.pk).update(last_read=locked.head)
    enter(user_id=user_id, room=locked)
    return True


def enter(*, user_id: int, room: LockedRoom) -> None:
    """The news to the person's own sockets that a locked room is theirs."""
    event = protocol.RoomEvent(selectors.room_of(user_id=user_id, room_id=room.pk))
    control = ("attach", topics.room(room.pk), room.head)
    publish_on_commit(Event(topics.rooms(user_id), [wire.encode(event)], control=control))


def part(*, user_id: int, room: LockedRoom) -> None:
    """The news, to them and to the rest of the site, that it is no longer."""
    removed = wire.encode(protocol.RoomRemoved(room.pk))
    control = ("detach", topics.room(room.pk), room.head)
    publish_on_commit(Event(topics.rooms(user_id), [removed], control=control))
    events.tell([Left(user_id, room.pk)])


def tell(user_id: int, room: protocol.Room) -> None:
    """What changed of a room for one person, to all of their sockets."""
    publish_on_commit(Event(topics.rooms(user_id), [wire.encode(protocol.RoomEvent(room))]))


def tell_roles(room_id: int, user_ids: Collection[int]) -> None:
    """What people are in a room now, and how many reports wait for them there."""
    for user_id, seen in selectors.seen_by(user_ids=user_ids, room_id=room_id).items():
        tell(user_id, protocol.Room(id=room_id, role=seen.role, reports=seen.reports))


def check_not_direct_locked(room: LockedRoom) -> None:
    """Raises `ClientError('forbidden')`."""
    if room.is_direct:
        raise ClientError("forbidden", "A conversation stays as it is. Start another one.")


def hand_over(room_id: int, *, but: int | None = None) -> Membership | None:
    """Gives a room without owners to whoever has been in it longest, moderators first, `but` one, and nobody whose
    account is closed; None where it has one, or there is nobody.
    """
    members = Membership.objects.filter(room=room_id)
    heirs = members.filter(user__is_active=True).exclude(user=but or 0)
    heir = heirs.order_by("-role", "joined_at").first()
    if heir is None or members.filter(role=Role.OWNER).exists():
        return None
    Membership.objects.filter(pk=heir.pk).update(role=Role.OWNER)
    return heir


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value
