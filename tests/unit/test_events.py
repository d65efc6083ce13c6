"""What travels between workers."""

from realtime_site.live import topics
from realtime_site.live.events import Event, Told, joined


def test_an_event_survives_the_layer() -> None:
    event = Event("room.1", ["a", "b"], first=4, control=("attach", "room.2", 9))
    assert Event.from_layer(event.to_layer()) == event
    assert event.last == 5


def test_neighbours_on_a_topic_travel_together() -> None:
    waiting = [Event("room.1", ["a"], 1), Event("room.1", ["b", "c"], 2), Event("room.1", ["d"], 4)]
    assert joined(waiting) == [Event("room.1", ["a", "b", "c", "d"], 1)]


def test_what_does_not_follow_on_stays_apart() -> None:
    apart = [
        Event("room.1", ["a"], 1),
        Event("room.1", ["c"], 3),
        Event("room.2", ["x"], 4),
        Event("room.2", ["y"]),
        Event("room.2", ["z"], ephemeral=True),
        Told("presence", {}),
        Event("user.1", ["k"]),
        Event("user.1", [], control=("detach", "room.1", 0)),
    ]
    assert joined(apart) == apart


def test_a_room_topic_tells_its_room() -> None:
    assert topics.room_id(topics.room(42)) == 42
    assert topics.room_id(topics.user(42)) is None
    assert topics.room_id(topics.PRESENCE) is None
