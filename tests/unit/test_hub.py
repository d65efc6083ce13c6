"""The hub alone: a layer that loses and swaps what it likes, a database that knows, sockets that write down what they
get.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Set
from typing import Any

import pytest

from realtime_site.live import hub as hub_module
from realtime_site.live.auth import Identity
from realtime_site.live.errors import ClientError
from realtime_site.live.events import Event, Missed, from_layer, to_layer
from realtime_site.live.hub import Hub
from realtime_site.live.outlets import Batch
from realtime_site.live.topic import RECENT_EVENTS

PATIENCE_SECONDS = 30


class Database:
    """A sequenced topic whose event number n has the text `n`."""

    def __init__(self) -> None:
        self.head = 0
        self.away = False
        self.asked = 0

    def heads(self, names: Iterable[str]) -> dict[str, int]:
        if self.away:
            raise ClientError("unavailable", "away")
        return dict.fromkeys(names, self.head)

    def allowed(self, user_ids: Iterable[int]) -> dict[int, dict[str, int]]:
        return {user_id: {"room.1": self.head} for user_id in user_ids}

    def since(self, topic: str, after: int) -> Missed:
        self.asked += 1
        if self.away:
            raise ClientError("unavailable", "away")
        return Missed(self.head, [str(number) for number in range(after + 1, self.head + 1)])


class Layer:
    """Keeps what is sent; the test hands it on, in whatever order, or not at all."""

    def __init__(self) -> None:
        self.groups: set[str] = set()
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.broken = False

    async def new_channel(self, prefix: str) -> str:
        return prefix

    async def group_add(self, name: str, channel: str) -> None:
        self.groups.add(name)

    async def group_discard(self, name: str, channel: str) -> None:
        self.groups.discard(name)

    async def group_send(self, name: str, message: dict[str, Any]) -> None:
        if self.broken:
            raise ConnectionError("no layer")
        self.sent.append((name, message))

    async def receive(self, channel: str) -> dict[str, Any]:
        return await self.inbox.get()


class Socket:
    """A subscriber and its outlet in one."""

    translate: Callable[[str, str], list[str]] | None = None
    identity: Identity

    def __init__(self) -> None:
        self.outlet = self
        self.got: list[str] = []
        self.writes = 0
        self.controls: list[tuple[str, str, int]] = []

    def deliver(self, batch: Batch) -> None:
        self.writes += 1
        self.got += batch.texts

    def send(self, text: str) -> None:
        self.got.append(text)

    def close(self, code: int) -> None: ...

    def control(self, action: str, topic: str, seq: int) -> None:
        self.controls.append((action, topic, seq))

    def goodbye(self, text: str) -> None: ...

    def subscriptions(self) -> frozenset[str]:
        return frozenset()

    def identify(self, identity: Identity) -> None: ...

    def reconcile(self, allowed: Mapping[str, int], known: Set[str]) -> None: ...

    async def until(self, *expected: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.got != list(expected):
                await asyncio.sleep(0.01)


async def at_once(function: Callable[..., Any], *args: Any) -> Any:
    """In place of the hop to a database thread."""
    return function(*args)


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
async def hub(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    monkeypatch.setattr(hub_module, "get_channel_layer", Layer)
    monkeypatch.setattr(hub_module, "in_database", at_once)
    made = Hub()
    made.source = database
    made.start()
    yield made
    await made.stop()


def layer_of(hub: Hub) -> Layer:
    assert isinstance(hub.layer, Layer)
    return hub.layer


def arrive(hub: Hub, database: Database, *numbers: int, texts: int = 1) -> None:
    """Events come off the layer; the database had them before."""
    for number in numbers:
        database.head = max(database.head, number + texts - 1)
        event = Event("room.1", [str(number + offset) for offset in range(texts)], first=number)
        layer_of(hub).inbox.put_nowait(to_layer([event]))


async def test_events_in_order_are_delivered_as_they_come(hub: Hub, database: Database) -> None:
    socket = Socket()
    hub.attach(socket, "room.1", 0)
    arrive(hub, database, 1, 2, 3)
    await socket.until("1", "2", "3")


async def test_what_is_queued_leaves_in_one_write(hub: Hub, database: Database) -> None:
    socket = Socket()
    hub.attach(socket, "room.1", 0)
    arrive(hub, database, *range(1, 31))
    await socket.until(*map(str, range(1, 31)))
    assert socket.writes <= 2


async def test_swapped_events_are_put_in_order(hub: Hub, database: Database) -> None:
    socket = Socket()
    hub.attach(socket, "room.1", 0)
    arrive(hub, database, 3, 2, 1)
    await socket.until("1", "2", "3")
    assert database.asked == 0


async def test_events_that_come_twice_or_overlap_are_delivered_once(hub: Hub, database: Database) -> None:
    socket = Socket()
    hub.attach(socket, "room.1", 0)
    arrive(hub, database, 1, 1)
    arrive(hub, database, 1, texts=4)
    arrive(hub, database, 2, 5)
    await socket.until("1", "2", "3", "4", "5")


async def test_a_gap_is_read_from_the_database_once(hub: Hub, database: Database) -> None:
    sockets = [Socket() for _ in range(20)]
    for socket in sockets:
        hub.attach(socket, "room.1", 0)
    arrive(hub, database, 1, 4)
    for socket in sockets:
        await socket.until("1", "2", "3", "4")
    assert database.asked == 1


async def test_a_lost_last_event_is_found_by_comparing_heads(
    hub: Hub, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = Socket()
    hub.attach(socket, "room.1", 0)
    arrive(hub, database, 1)
    await socket.until("1")
    database.head = 3  # two more were committed, and the layer dropped both
    await socket.until("1", "2", "3")


async def test_a_gap_is_filled_once_the_database_is_back(hub: Hub, database: Database) -> None:
    socket = Socket()
    hub.attach(socket, "room.1", 0)
    database.away = True
    arrive(hub, database, 2)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not database.asked:
            await asyncio.sleep(0.01)
    assert socket.got == []
    database.away = False
    await socket.until("1", "2")


async def test_a_socket_gets_what_was_delivered_since_its_snapshot(hub: Hub, database: Database) -> None:
    first, late = Socket(), Socket()
    hub.attach(first, "room.1", 0)
    arrive(hub, database, 1, 2, 3)
    await first.until("1", "2", "3")
    complete, missed = hub.attach(late, "room.1", 1)  # its snapshot was taken when the room stood at 1
    assert complete == 3
    assert missed is not None
    late.deliver(missed)
    assert late.got == ["2", "3"]
    arrive(hub, database, 4)
    await late.until("2", "3", "4")


async def test_a_socket_whose_snapshot_is_too_old_is_told_how_far_behind_it_is(hub: Hub, database: Database) -> None:
    first, late = Socket(), Socket()
    hub.attach(first, "room.1", 0)
    last = RECENT_EVENTS + 5
    arrive(hub, database, *range(1, last + 1))
    await first.until(*map(str, range(1, last + 1)))
    assert hub.attach(late, "room.1", 1) == (last, None)


async def test_a_socket_with_a_newer_snapshot_may_hear_older_events_again(hub: Hub, database: Database) -> None:
    first, early = Socket(), Socket()
    hub.attach(first, "room.1", 0)
    assert hub.attach(early, "room.1", 2) == (2, None)
    arrive(hub, database, 1, 2, 3)
    await early.until("1", "2", "3")  # its client ignores what it has


async def test_a_broken_layer_still_serves_the_people_of_this_worker(hub: Hub, database: Database) -> None:
    socket = Socket()
    hub.attach(socket, "room.1", 0)
    layer_of(hub).broken = True
    database.head = 1
    hub.publish(Event("room.1", ["1"], first=1))
    await socket.until("1")


async def test_events_without_a_number_are_delivered_at_once(hub: Hub) -> None:
    socket = Socket()
    hub.attach(socket, "user.1")
    layer_of(hub).inbox.put_nowait(to_layer([Event("user.1", ["hello"])]))
    await socket.until("hello")


async def test_controls_reach_every_socket_of_the_topic(hub: Hub) -> None:
    here, elsewhere = Socket(), Socket()
    hub.attach(here, "user.1")
    hub.attach(elsewhere, "user.2")
    left = Event("user.1", ["gone"], control=("detach", "room.1", 0))
    layer_of(hub).inbox.put_nowait(to_layer([left]))
    await here.until("gone")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not here.controls:
            await asyncio.sleep(0.01)
    assert here.controls == [("detach", "room.1", 0)]
    assert elsewhere.controls == []


async def test_each_dialect_is_translated_once_for_all_its_sockets(hub: Hub, database: Database) -> None:
    asked: list[str] = []

    def shout(topic: str, text: str) -> list[str]:
        asked.append(f"{topic} {text}")
        return [] if text == "2" else [text + "!", text + "?"]

    plain = Socket()
    others = [Socket() for _ in range(5)]
    for socket in others:
        socket.translate = shout
    for socket in (plain, *others):
        hub.attach(socket, "room.1", 0)
    arrive(hub, database, 1, 2, 3)
    await plain.until("1", "2", "3")
    for socket in others:
        await socket.until("1!", "1?", "3!", "3?")
    assert asked == ["room.1 1", "room.1 2", "room.1 3"]


async def test_a_detached_socket_gets_nothing_more(hub: Hub, database: Database) -> None:
    stays, goes = Socket(), Socket()
    hub.attach(stays, "room.1", 0)
    hub.attach(goes, "room.1", 0)
    hub.detach(goes, "room.1")
    arrive(hub, database, 1)
    await stays.until("1")
    assert goes.got == []


async def test_a_topic_nobody_listens_to_is_forgotten(hub: Hub) -> None:
    socket = Socket()
    hub.attach(socket, "room.1", 0)
    hub.attach(socket, "user.1")
    hub.detach(socket, "room.1")
    hub.detach(socket, "user.1")
    assert hub.topics == {}


async def test_what_waits_leaves_as_one_message_of_the_layer(hub: Hub) -> None:
    events = [Event(f"room.{number}", ["x"], first=1) for number in range(30)]
    for event in events:
        hub.publish(event)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not layer_of(hub).sent:
            await asyncio.sleep(0.01)
    [(group, message)] = layer_of(hub).sent
    assert group == "hubs"
    assert list(from_layer(message)) == events


async def test_an_event_between_snapshot_and_subscription_is_found(hub: Hub, database: Database) -> None:
    socket = Socket()
    arrive(hub, database, 1)  # nobody listens yet; the socket's snapshot was taken before
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not layer_of(hub).inbox.empty():
            await asyncio.sleep(0.01)
    hub.attach(socket, "room.1", 0)
    await socket.until("1")


async def test_a_socket_that_comes_while_events_wait_gets_each_once(hub: Hub, database: Database) -> None:
    """What is put in order but not written yet is written to the newcomer too; only what was written is sent again."""
    first, late = Socket(), Socket()
    hub.attach(first, "room.1", 0)
    database.head = 2
    hub.deliver_here(Event("room.1", ["1", "2"], first=1))  # waits for the delivery's turn
    complete, missed = hub.attach(late, "room.1", 0)
    assert (complete, missed) == (0, None)
    await first.until("1", "2")
    await late.until("1", "2")


async def test_one_sockets_trouble_with_a_control_is_not_the_others(hub: Hub) -> None:
    class Broken(Socket):
        def control(self, action: str, topic: str, seq: int) -> None:
            raise RuntimeError("broken")

    broken, sound = Broken(), Socket()
    hub.attach(broken, "user.1")
    hub.attach(sound, "user.1")
    layer_of(hub).inbox.put_nowait(to_layer([Event("user.1", ["x"], control=("detach", "room.1", 0))]))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not sound.controls:
            await asyncio.sleep(0.01)


# --- Thousands of topics with a socket each ---------------------------------------------------------------------------


async def test_thousands_of_small_topics_do_not_hold_the_loop(hub: Hub) -> None:
    sockets = [Socket() for _ in range(5_000)]
    for number, socket in enumerate(sockets):
        hub.attach(socket, f"inbox.{number}", 0)
    for number in range(len(sockets)):
        hub.deliver_here(Event(f"inbox.{number}", ["1"], first=1))
    done, turns = 0, []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while done < len(sockets):
            await asyncio.sleep(0)
            now = sum(socket.writes for socket in sockets)
            turns.append(now - done)
            done = now
    assert max(turns) <= hub_module.SOCKETS_A_SLICE


async def test_a_topic_that_heard_nothing_keeps_nothing(hub: Hub) -> None:
    hub.attach(Socket(), "inbox.1", 0)
    assert hub.topics["inbox.1"].recent is None


async def test_a_new_topic_is_compared_at_once_and_alone(
    hub: Hub, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    heads = database.heads
    monkeypatch.setattr(database, "heads", lambda names: asked.append(list(names)) or heads(names))
    monkeypatch.setattr(hub_module, "IDLE_CHECK_SECONDS", 1_000)
    for number in range(1, 4):
        hub.attach(Socket(), f"inbox.{number}", 0)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not asked:
            await asyncio.sleep(0.01)
    hub.attach(Socket(), "inbox.4", 0)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(asked) < 2:
            await asyncio.sleep(0.01)
    assert [sorted(one) for one in asked] == [["inbox.1", "inbox.2", "inbox.3"], ["inbox.4"]]
