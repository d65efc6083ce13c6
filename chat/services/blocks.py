"""Who wants nothing of whom."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from django.contrib.auth import get_user_model
from django.db import transaction

from chat import people, protocol, wire
from chat.models import Block, Room, people_key, people_of
from chat.services import sql
from realtime_site.live import topics
from realtime_site.live.errors import ClientError
from realtime_site.live.events import Event
from realtime_site.live.publish import publish_on_commit

Key = TypeVar("Key", bound=Hashable)


def block(*, user_id: int, person_id: int) -> list[int]:
    """Blocks somebody; returns all whom one has blocked. Raises `ClientError`: `not_found`, `invalid`.

    Once this is committed nothing more is written to the conversation of the two, since it waits for that one's lock;
    and what they type or signal there is no longer relayed.
    """
    if person_id == user_id:
        raise ClientError("invalid", "You cannot block yourself.")
    with transaction.atomic():
        if not get_user_model().objects.filter(pk=person_id).exists():
            raise ClientError("not_found", "No such person.")
        sql.lock_rooms(Room.objects.filter(people_key=people_key({user_id, person_id})).values_list("pk", flat=True))
        Block.objects.get_or_create(blocker_id=user_id, blocked_id=person_id)
        return _told(user_id)


def unblock(*, user_id: int, person_id: int) -> list[int]:
    """Takes it back; returns whom one still has blocked."""
    with transaction.atomic():
        Block.objects.filter(blocker=user_id, blocked=person_id).delete()
        return _told(user_id)


def barred(pairs: Mapping[Key, Iterable[frozenset[int]]]) -> frozenset[Key]:
    """Those of the keys, given with pairs of people, where one of a pair has blocked the other. One query, if any."""
    everybody = {user_id for of_key in pairs.values() for pair in of_key for user_id in pair}
    if not everybody:
        return frozenset()
    rows = Block.objects.filter(blocker__in=everybody, blocked__in=everybody)
    found = {frozenset(pair) for pair in rows.values_list("blocker_id", "blocked_id")}
    return frozenset(key for key, of_key in pairs.items() if found & {*of_key})


def check_not_barred(*, room_id: int) -> bool:
    """Whether a room is a conversation of two. Raises `ClientError('forbidden')` where one has blocked the other."""
    pair = people_of(Room.objects.values_list("people_key", flat=True).filter(pk=room_id).first())
    if len(pair) == 2 and barred({room_id: [pair]}):
        raise refusal()
    return len(pair) == 2


def check_neither_blocked(*, user_id: int, others: Iterable[int]) -> None:
    """Raises `ClientError('forbidden')` where the person has blocked one of the others, or one of them the person."""
    if barred({0: [frozenset({user_id, other}) for other in others]}):
        raise refusal()


def refusal() -> ClientError:
    return ClientError("forbidden", "One of you has blocked the other.")


def _told(user_id: int) -> list[int]:
    """To all of the person's own sockets."""
    blocked = people.blocked_by_all([user_id])[user_id]
    publish_on_commit(Event(topics.rooms(user_id), [wire.encode(protocol.BlockedEvent(blocked))]))
    return blocked
