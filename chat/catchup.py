"""The rooms' side of `settings.LIVE_EVENT_SOURCE`: where a hub reads what the layer lost.

For the kernel only; it checks no person.
"""

from collections.abc import Iterable

from chat import selectors, wire
from chat.models import Room
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
    changes = selectors.changes_since(room_id=room_id, after=after)
    if changes.reset:
        newest = selectors.newest_change(room_id=room_id)
        return Missed(newest.changed, [wire.message_event(newest)])
    texts, covered = [], after
    for message in changes.messages:
        texts.append(wire.message_event(message, after=covered))
        covered = message.changed
    return Missed(max(covered, changes.seq), texts)
