"""The rooms' side of `settings.LIVE_EVENT_SOURCE`: where a hub reads what the layer lost.

For the kernel only; it checks no person.
"""

from collections import Counter
from collections.abc import Iterable

from chat import history, protocol, selectors, wire
from chat.models import Membership, Room
from realtime_site.live import topics
from realtime_site.live.events import Missed


def heads(names: Iterable[str]) -> dict[str, int]:
    """The last event number of each room topic. One query."""
    ids = [number for name in names if (number := topics.room_id(name)) is not None]
    return {topics.room(pk): head for pk, head in Room.objects.filter(pk__in=ids).values_list("pk", "head")}


def since(topic: str, after: int) -> Missed:
    """Upserts that bring a client from `after` to the head, each saying which numbers it covers.

    Where too much is missing, the newest message alone: its number shows every client a gap that it fills by
    `room.sync`.
    """
    room_id = topics.room_id(topic)
    if room_id is None:
        return Missed(after, [])
    changes = history.changes_since(room_id=room_id, after=after)
    if changes.reset:
        newest = history.newest_change(room_id=room_id)
        return Missed(newest.changed, [wire.message_event(newest)])
    # Each covers all from `after` on, so that what was posted and edited meanwhile still counts as new.
    return Missed(changes.seq, [wire.message_event(message, after=after) for message in changes.messages])


def allowed(user_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """The topics each person may hear, with their last event number: of conversations, the newest. One query, whatever
    the number of people; another if any of them has too many conversations.
    """
    rows = Membership.objects.filter(user__in=list(user_ids), user__is_active=True, room__archived_at=None)
    result: dict[int, dict[str, int]] = {}
    talks = Counter[int]()
    for user_id, room_id, head, kind in rows.values_list("user_id", "room_id", "room__head", "room__kind"):
        result.setdefault(user_id, {})[topics.room(room_id)] = head
        talks[user_id] += kind == Room.Kind.DIRECT
    crowded = [user_id for user_id, count in talks.items() if count > protocol.CONVERSATIONS]
    for user_id, room_id in selectors.older_conversations(crowded) if crowded else ():
        result[user_id].pop(topics.room(room_id), None)
    return result
