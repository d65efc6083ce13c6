"""Conversations of a few people: found, or made, by who is in them. They are never widened."""

import secrets

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from chat import protocol, selectors, wire
from chat.models import Block, Membership, Room
from chat.services.blocks import people_key
from realtime_site.live import topics
from realtime_site.live.errors import ClientError
from realtime_site.live.events import Event
from realtime_site.live.publish import publish_on_commit


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
        if found is None or len(others) == 1:
            _check_nobody_blocked(user_id, others)
        room = found or _make(user_id, key, others)
        return selectors.room_of(user_id=user_id, room_id=room.pk)


def _check_nobody_blocked(user_id: int, others: set[int]) -> None:
    mine, theirs = Q(blocker=user_id, blocked__in=others), Q(blocker__in=others, blocked=user_id)
    if Block.objects.filter(mine | theirs).exists():
        raise ClientError("forbidden", "One of you has blocked the other.")


def _make(user_id: int, key: str, others: set[int]) -> Room:
    room, created = Room.objects.get_or_create(
        people_key=key,
        # 64 random bits: nobody finds a conversation by its address, and who is in it the address does not say.
        defaults={"slug": f"direct-{secrets.token_hex(8)}", "kind": Room.Kind.DIRECT, "created_by_id": user_id},
    )
    if created:
        everybody = sorted(others | {user_id})
        Membership.objects.bulk_create([Membership(room=room, user_id=one) for one in everybody])
        publish_on_commit(*(_news(room, one) for one in everybody))
    return room


def _news(room: Room, user_id: int) -> Event:
    """The room as one person sees it, which also brings their sockets into it."""
    event = protocol.RoomEvent(selectors.room_of(user_id=user_id, room_id=room.pk))
    return Event(topics.user(user_id), [wire.encode(event)], control=("attach", topics.room(room.pk), room.head))
