"""Presence of three workers that hear each other through a list, on a clock of the test's."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from realtime_site.live import presence as presence_module
from realtime_site.live.events import Event
from realtime_site.live.hub import Hub
from realtime_site.live.presence import EVERYTHING_SECONDS, FORGET_SECONDS, GRACE_SECONDS, Presence

ALICE = {"id": 1, "username": "alice", "name": "Alice", "avatar": None}
BOB = {"id": 2, "username": "bob", "name": "Bob", "avatar": None}


class Network:
    """Every message reaches every worker that is not cut off, in order."""

    def __init__(self) -> None:
        self.workers: list[FakeHub] = []
        self.now = 0.0
        self.messages = 0

    def tick(self, seconds: float = 1.0) -> None:
        self.now += seconds
        for worker in self.workers:
            if not worker.dead:
                worker.presence.tick(self.now)


class FakeHub:
    """What presence needs of a hub."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.dead = False
        self.loop = cast(asyncio.AbstractEventLoop, None)
        self.told: list[dict[str, Any]] = []
        self.listener: Callable[[dict[str, Any]], None]
        network.workers.append(self)
        self.presence = Presence(cast(Hub, self))

    def spawn(self, work: object) -> None: ...

    def listen(self, topic: str, listener: Callable[[dict[str, Any]], None]) -> None:
        self.listener = listener

    def tell(self, topic: str, message: dict[str, Any]) -> None:
        self.network.messages += 1
        for worker in self.network.workers:
            if not worker.dead:
                worker.listener(json.loads(json.dumps(message)))

    def deliver_here(self, event: Event) -> None:
        self.told += [json.loads(text) for text in event.texts]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    made = Network()
    monkeypatch.setattr(presence_module, "monotonic", lambda: made.now)
    return made


@pytest.fixture
def here(network: Network) -> FakeHub:
    return FakeHub(network)


@pytest.fixture
def there(network: Network, here: FakeHub) -> FakeHub:
    return FakeHub(network)


def test_everybody_in_the_room_hears_who_came(network: Network, here: FakeHub, there: FakeHub) -> None:
    here.presence.enter("room.1", ALICE)
    network.tick()
    network.tick()
    expected = {"type": "presence", "room": 1, "online": 1, "came": [ALICE], "went": []}
    assert here.told == [expected]
    assert there.told == [expected]
    assert there.presence.online("room.1") == {1: ALICE}


def test_a_second_tab_is_no_news(network: Network, here: FakeHub, there: FakeHub) -> None:
    here.presence.enter("room.1", ALICE)
    network.tick()
    network.tick()
    here.presence.enter("room.1", ALICE)
    there.presence.enter("room.1", ALICE)
    network.tick()
    network.tick()
    assert len(here.told) == len(there.told) == 1
    assert here.presence.count("room.1") == 1


def test_who_leaves_is_gone_after_the_grace_on_every_worker(network: Network, here: FakeHub, there: FakeHub) -> None:
    here.presence.enter("room.1", ALICE)
    network.tick()
    here.presence.leave("room.1", 1)
    network.tick()
    assert there.presence.count("room.1") == 1
    network.tick(GRACE_SECONDS)
    network.tick()
    assert here.told[-1] == there.told[-1] == {"type": "presence", "room": 1, "online": 0, "came": [], "went": [ALICE]}


def test_a_reload_of_the_page_does_not_flicker(network: Network, here: FakeHub, there: FakeHub) -> None:
    here.presence.enter("room.1", ALICE)
    network.tick()
    here.presence.leave("room.1", 1)
    network.tick()
    here.presence.enter("room.1", ALICE)
    network.tick(2 * GRACE_SECONDS)
    network.tick()
    assert [event["went"] for event in there.told] == [[]]


def test_a_person_stays_online_while_one_worker_has_them(network: Network, here: FakeHub, there: FakeHub) -> None:
    here.presence.enter("room.1", ALICE)
    there.presence.enter("room.1", ALICE)
    network.tick()
    here.presence.leave("room.1", 1)
    network.tick(GRACE_SECONDS + 1)
    network.tick()
    assert here.presence.online("room.1") == {1: ALICE}
    assert all(not event["went"] for event in here.told + there.told)


def test_a_killed_worker_leaves_no_ghosts(network: Network, here: FakeHub, there: FakeHub) -> None:
    here.presence.enter("room.1", ALICE)
    there.presence.enter("room.1", BOB)
    network.tick()
    there.dead = True
    for _ in range(int(FORGET_SECONDS)):
        network.tick()
    assert here.presence.count("room.1") == 2
    network.tick(2)
    assert here.presence.online("room.1") == {1: ALICE}
    assert here.told[-1]["went"] == [BOB]
    assert FORGET_SECONDS + 2 < 60, "within a minute"


def test_a_worker_that_says_farewell_is_forgotten_after_the_grace(
    network: Network, here: FakeHub, there: FakeHub
) -> None:
    there.presence.enter("room.1", BOB)
    network.tick()
    network.tick()
    there.presence.farewell()
    there.dead = True
    network.tick()
    assert here.presence.count("room.1") == 1
    network.tick(GRACE_SECONDS + 1)
    assert here.presence.count("room.1") == 0


def test_a_new_worker_hears_at_once_who_is_there(network: Network, here: FakeHub) -> None:
    here.presence.enter("room.1", ALICE)
    network.tick()
    newcomer = FakeHub(network)
    network.tick()
    assert newcomer.presence.online("room.1") == {1: ALICE}


def test_what_was_lost_on_the_way_is_mended_by_the_next_full_list(
    network: Network, here: FakeHub, there: FakeHub
) -> None:
    network.tick()
    here.presence.enter("room.1", ALICE)
    there.dead = True  # it hears nothing for a moment
    network.tick()
    there.dead = False
    network.tick()
    assert there.presence.count("room.1") == 0
    network.tick(EVERYTHING_SECONDS)
    network.tick()
    assert there.presence.online("room.1") == {1: ALICE}


def test_quiet_workers_say_little(network: Network, here: FakeHub, there: FakeHub) -> None:
    here.presence.enter("room.1", ALICE)
    network.tick()
    network.messages = 0
    for _ in range(60):
        network.tick()
    assert network.messages <= 2 * (60 / EVERYTHING_SECONDS + 1)


def test_a_new_name_reaches_the_others(network: Network, here: FakeHub, there: FakeHub) -> None:
    here.presence.enter("room.1", ALICE)
    network.tick()
    renamed = {**ALICE, "name": "Alice B."}
    here.presence.enter("room.1", renamed)
    network.tick()
    assert there.presence.online("room.1") == {1: renamed}
