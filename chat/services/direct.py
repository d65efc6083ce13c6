"""Conversations of a few people: found, or made, by who is in them. They are never widened.

Until something is said in one it is there for those alone who opened it: nobody can put empty ones upon others.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from chat import protocol, selectors, wire
from chat.models import Membership, Room, people_key
from chat.services import blocks, sql
from realtime_site.live import topics
from realtime_site.live.errors import ClientError
from realtime_site.live.events import Event
from realtime_site.live.publish import publish_on_commit


class Newcomer(NamedTuple):
    """Somebody into whose rooms a conversation comes."""

    user_id: int
    room: protocol.Room


def is_new(*, user_id: int, people: list[int]) -> bool:
    """Whether to open it would make it."""
    return not Room.objects.filter(people_key=people_key({user_id, *people})).exists()


def open_with(*, user_id: int, people: list[int]) -> protocol.Room:
    """The conversation of these people and oneself. Two who open it at once open one.

    Raises `ClientError`: `invalid` for nobody or too many, `not_found`, `forbidden` where one has blocked the other.
    """
    others = set(people) - {user_id}
    if not 1 <= len(others) <= protocol.DIRECT_PEOPLE:
        raise ClientError("invalid", f"A conversation has 1 to {protocol.DIRECT_PEOPLE} other people.")
    key = people_key(others | {user_id})
    with transaction.atomic():
        if get_user_model().objects.filter(pk__in=others, is_active=True).count() < len(others):
            raise ClientError("not_found", "No such person.")
        found = Room.objects.filter(people_key=key).first()
        sql.lock_rooms([found.pk] if found else [])  # before the membership
        is_mine = found is not None and bring_back(user_id=user_id, slug=found.slug)
        if len(others) == 1 or not is_mine:
            blocks.check_neither_blocked(user_id=user_id, others=others)
        room = found or _make(user_id, key)
        _enter(room, user_id)
        return selectors.room_of(user_id=user_id, room_id=room.pk)


def bring_back(*, user_id: int, slug: str) -> bool:
    """A conversation of the person's counts as one of the newest again. Whether there is such a one."""
    mine = Membership.objects.filter(user=user_id, room__slug=slug, room__kind=Room.Kind.DIRECT, room__archived_at=None)
    return mine.update(joined_at=timezone.now()) > 0


def begin(rooms: Iterable[sql.LockedRoom]) -> list[Newcomer]:
    """Lets everybody into those conversations in which nothing was said yet. `tell` says so to who was not there."""
    return [newcomer for room in rooms if room.people and not room.head for newcomer in _let_in(room, room.people)]


def tell(newcomers: Sequence[Newcomer], said: Sequence[protocol.Message], rooms: Mapping[int, sql.LockedRoom]) -> None:
    """Brings the newcomers' sockets in, with what was said first."""
    for user_id, room in newcomers:
        texts = [wire.message_event(message) for message in said if message.room == room.id]
        _publish(Newcomer(user_id, room), texts, rooms[room.id].head)


def _make(user_id: int, key: str) -> Room:
    # 64 random bits: nobody finds a conversation by its address, and who is in it the address does not say.
    made = {"slug": f"direct-{secrets.token_hex(8)}", "kind": Room.Kind.DIRECT, "created_by_id": user_id}
    return Room.objects.get_or_create(people_key=key, defaults=made)[0]


def _enter(room: Room, user_id: int) -> None:
    """Under its lock, since somebody may just be saying the first thing there."""
    for locked in sql.lock_rooms([room.pk]):
        for newcomer in _let_in(locked, {user_id}):
            _publish(newcomer, [], locked.head)


def _let_in(room: sql.LockedRoom, people: Iterable[int]) -> list[Newcomer]:
    """Those of the people who were not in the locked room, and are now."""
    there = Membership.objects.filter(room=room.pk).values("user")
    new = list(get_user_model().objects.filter(pk__in=people).exclude(pk__in=there).values_list("pk", flat=True))
    Membership.objects.bulk_create([Membership(room_id=room.pk, user_id=user_id) for user_id in new])
    seen = selectors.seen_by(user_ids=new, room_id=room.pk)
    return [Newcomer(user_id, seen[user_id]) for user_id in new]


def _publish(newcomer: Newcomer, texts: Sequence[str], head: int) -> None:
    """The room as the person sees it, which also brings their sockets into it, complete up to `head`."""
    user_id, room = newcomer
    news = wire.encode(protocol.RoomEvent(room))
    publish_on_commit(Event(topics.rooms(user_id), [news, *texts], control=("attach", topics.room(room.id), head)))
