"""From word that a thousand inboxes changed to an event for each."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from notifications import live, protocol, wire
from notifications.kinds import KINDS
from notifications.stories import Story
from realtime_site.live import topics
from realtime_site.live.events import Event

NOW = datetime(2026, 3, 4, 12, 30, 15, 123456, tzinfo=UTC)
ANN = protocol.Actor(7, "ann", 'Ann "the" \u2028 Ünï', None)
STORY = Story(KINDS[0], "A title, \\ and }", body='{"quoted"}', url="/x/", scope="room:1", position=3, tag="room:1")


@pytest.mark.parametrize("unread", [None, 0, 100])
@pytest.mark.parametrize("alert", [True, False])
@pytest.mark.parametrize("actor", [None, ANN])
def test_two_halves_make_the_event_of_the_protocol(
    unread: int | None, alert: bool, actor: protocol.Actor | None
) -> None:
    shared = wire.told(STORY, actor, NOW)
    text = wire.event_of(wire.encode_shared(shared), wire.Change(5, 11, 21, 22, alert, unread))
    event = msgspec.json.decode(text, type=protocol.NotificationEvent)
    shown = protocol.Notification(id=11, seq=21, changed=22, **msgspec.structs.asdict(shared))
    expected = protocol.NotificationEvent(22, shown, alert)
    assert event == (expected if unread is None else msgspec.structs.replace(expected, unread=unread))
    assert msgspec.json.decode(text).keys() <= {"type", *(one.name for one in msgspec.structs.fields(event))}


class Ears:
    """As much of a hub as inboxes need: topics, and what was delivered on them."""

    def __init__(self, count: int) -> None:
        self.topics = dict.fromkeys(topics.inbox(number) for number in range(count))
        self.delivered: list[Event] = []

    def listen(self, topic: str, listener: Any) -> None:
        self.tell = listener

    def spawn(self, work: Any) -> None:
        async def again() -> None:
            while True:
                await work()

        self.task = asyncio.get_running_loop().create_task(again())

    def deliver_here(self, event: Event) -> None:
        self.delivered.append(event)


@pytest.fixture
async def ears() -> AsyncIterator[Ears]:
    made = Ears(3_000)
    live.Inboxes(made)  # type: ignore[arg-type]
    yield made
    made.task.cancel()


async def test_thousands_are_told_without_holding_the_loop(ears: Ears) -> None:
    text = wire.encode_shared(wire.told(STORY, ANN, NOW))
    strangers = [[number, number, 1, 1, True, None] for number in range(10_000, 11_000)]
    ears.tell({"changed": [[text, [[number, number, 1, 1, True, None] for number in range(3_000)] + strangers]]})
    turns, done = [], 0
    async with asyncio.timeout(30):
        while done < 3_000:
            await asyncio.sleep(0)
            turns.append(len(ears.delivered) - done)
            done = len(ears.delivered)
    assert max(turns) <= live.AT_A_TIME
    assert [event.topic for event in ears.delivered] == list(ears.topics)
    assert {event.first for event in ears.delivered} == {1}
