"""What travels between workers."""

import msgpack

from realtime_site.live import topics
from realtime_site.live.events import Event, Told, from_layer, to_layer


def test_events_and_tellings_survive_the_layer() -> None:
    items = [
        Event("room.1", ["a", "b"], first=4, control=("attach", "room.2", 9)),
        Told("presence", {"worker": "w"}),
        Event("room.1", ["c"], ephemeral=True),
    ]
    packed = msgpack.unpackb(msgpack.packb(to_layer(items)))
    assert list(from_layer(packed)) == items
    assert items[0] == Event("room.1", ["a", "b"], 4, False, ("attach", "room.2", 9))


def test_an_event_knows_its_last_number() -> None:
    assert Event("room.1", ["a", "b"], first=4).last == 5


def test_a_room_topic_tells_its_room() -> None:
    assert topics.room_id(topics.room(42)) == 42
    assert topics.room_id(topics.user(42)) is None
    assert topics.room_id(topics.PRESENCE) is None
