"""Vitals of two workers that hear each other through a list, on a clock of the test's."""

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from realtime_site.live import vitals as vitals_module
from realtime_site.live.hub import Hub
from realtime_site.live.meters import Lag, Meters
from realtime_site.live.report import Latency, Pace, Report
from realtime_site.live.vitals import EVERY_SECONDS, FORGET_SECONDS, LEASE_SECONDS, PATIENCE_SECONDS, Vitals


class Network:
    """Every message reaches every worker that is not cut off, in order; with `away`, only its own sender."""

    def __init__(self) -> None:
        self.workers: list[FakeHub] = []
        self.now = 1000.0
        self.messages = 0
        self.away = False
        self.trip_seconds = 0.0

    def tick(self, seconds: float = 0.1) -> None:
        self.now += seconds
        for worker in self.workers:
            if not worker.dead:
                worker.vitals.tick(self.now)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.tick()


class FakeHub:
    """What vitals need of a hub."""

    def __init__(self, network: Network, name: str) -> None:
        self.network = network
        self.dead = self.draining = False
        self.layer = object()
        self.sockets = [SimpleNamespace(outlet=SimpleNamespace(unsent_bytes=lambda: 7))]
        self.loop = cast(asyncio.AbstractEventLoop, None)
        self.listener: Callable[[dict[str, Any]], None]
        network.workers.append(self)
        self.vitals = Vitals(cast(Hub, self), name)

    def spawn(self, work: object) -> None: ...

    def listen(self, topic: str, listener: Callable[[dict[str, Any]], None]) -> None:
        self.listener = listener

    def tell(self, topic: str, message: dict[str, Any]) -> None:
        self.network.messages += 1
        if self.network.away:
            self.listener(message)
            return
        self.network.now += self.network.trip_seconds
        for worker in self.network.workers:
            if not worker.dead:
                worker.listener(json.loads(json.dumps(message)))


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    made = Network()
    monkeypatch.setattr(vitals_module, "monotonic", lambda: made.now)
    monkeypatch.setattr(Vitals, "_ask_database", lambda self, now: self._database.end(0.004))
    return made


@pytest.fixture
def here(network: Network) -> FakeHub:
    return FakeHub(network, "here")


@pytest.fixture
def there(network: Network, here: FakeHub) -> FakeHub:
    return FakeHub(network, "there")


def seen_by(worker: FakeHub) -> set[str]:
    return {report.worker for report in worker.vitals.workers()}


def test_nothing_is_told_while_nobody_looks(network: Network, here: FakeHub, there: FakeHub) -> None:
    network.run(60)
    assert network.messages == 0
    assert here.vitals.workers() == []


def test_who_looks_sees_all_workers_at_the_next_tick(network: Network, here: FakeHub, there: FakeHub) -> None:
    here.vitals.watch()
    network.tick()  # it tells the other in its own report
    network.tick()
    assert seen_by(here) == seen_by(there) == {"here", "there"}
    (report,) = (one for one in here.vitals.workers() if one.worker == "there")
    assert (report.connections, report.buffer_bytes, report.database_ms) == (1, 7, 4.0)


def test_each_worker_tells_once_in_two_seconds_however_many_look(
    network: Network, here: FakeHub, there: FakeHub
) -> None:
    for _ in range(600):
        here.vitals.watch()
        here.vitals.watch()
        there.vitals.watch()
        network.tick()
    assert 58 <= network.messages <= 2 * (60 / EVERY_SECONDS + 1)


def test_all_are_silent_ten_seconds_after_the_last_look(network: Network, here: FakeHub, there: FakeHub) -> None:
    here.vitals.watch()
    network.run(LEASE_SECONDS + 0.2)
    before = network.messages
    assert before > 2
    network.run(60)
    assert network.messages == before
    assert not there.vitals.watched


def test_a_worker_that_was_killed_is_forgotten(network: Network, here: FakeHub, there: FakeHub) -> None:
    here.vitals.watch()
    network.run(1)
    there.dead = True
    for _ in range(int(FORGET_SECONDS) - 2):
        here.vitals.watch()
        network.run(1)
    assert seen_by(here) == {"here", "there"}
    network.run(3)
    assert seen_by(here) == {"here"}


def test_a_new_worker_hears_within_two_seconds_that_somebody_looks(network: Network, here: FakeHub) -> None:
    here.vitals.watch()
    network.run(3)
    newcomer = FakeHub(network, "newcomer")
    network.run(EVERY_SECONDS + 0.2)
    assert seen_by(here) == seen_by(newcomer) == {"here", "newcomer"}


def test_a_drain_is_told_at_once(network: Network, here: FakeHub, there: FakeHub) -> None:
    here.vitals.watch()
    network.run(1)
    before = network.messages
    there.draining = True
    network.tick()
    network.tick()
    assert network.messages == before + 1
    assert {one.worker: one.draining for one in here.vitals.workers()} == {"here": False, "there": True}


def test_the_layers_round_trip_is_measured_by_the_reports_themselves(network: Network, here: FakeHub) -> None:
    network.trip_seconds = 0.02
    here.vitals.watch()
    network.run(3)
    assert here.vitals.report().redis_ms == pytest.approx(20)


def test_a_layer_that_is_away_is_not_taken_for_a_fast_one(network: Network, here: FakeHub) -> None:
    network.away = True
    here.vitals.watch()
    network.run(4)
    assert here.vitals.report().redis_ms == pytest.approx(4000, abs=200)
    network.away = False
    here.vitals.watch()
    network.run(2.2)
    assert (here.vitals.report().redis_ms or 0) < 1


def test_a_database_that_hangs_is_told_by_how_long_it_has_been_hanging(
    network: Network, here: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Vitals, "_ask_database", lambda self, now: self._database.begin(now))
    here.vitals.watch()
    network.tick()
    assert here.vitals.workers() == []
    network.run(PATIENCE_SECONDS + 0.1)
    assert (here.vitals.workers()[0].database_ms or 0) >= 1000 * PATIENCE_SECONDS
    network.run(4)
    assert (here.vitals.workers()[0].database_ms or 0) > 2000


def test_what_apps_contribute_is_in_the_report_and_one_that_fails_is_left_out(network: Network, here: FakeHub) -> None:
    here.vitals.contribute("chat", lambda: {"messages": 3})
    here.vitals.contribute("broken", lambda: 1 // 0)
    assert here.vitals.report().extra == {"chat": {"messages": 3}}


def test_siblings_are_those_of_one_supervisor_heard_lately(network: Network, here: FakeHub, there: FakeHub) -> None:
    stranger = FakeHub(network, "stranger")
    here.vitals.supervisor = there.vitals.supervisor = 77
    stranger.vitals.supervisor = 78
    here.vitals.watch()
    network.run(1)
    assert {one.worker for one in here.vitals.siblings(network.now - 3)} == {"here", "there"}
    assert here.vitals.siblings(network.now + 1) == []
    here.vitals.supervisor = 0  # alone, like all others that are: none of them shares anything with it
    there.vitals.supervisor = 0
    network.run(3)
    assert {one.worker for one in here.vitals.siblings(network.now - 3)} == {"here"}


def test_a_report_of_another_version_is_read_as_far_as_it_is_known() -> None:
    assert Report.from_json({"worker": "a", "moods": 3, "pid": 5}) == Report(worker="a", pid=5)
    assert Report.from_json({"worker": "a", "pid": "five"}) is None


def test_rates_are_of_the_last_seconds() -> None:
    now, cpu, counted = [0.0], [0.0], Meters()
    pace = Pace(counted, clock=lambda: now[0], cpu=lambda: cpu[0])
    for _ in range(10):
        now[0] += 1
        cpu[0] += 0.25
        counted.deliveries += 40
        counted.refused["forbidden"] += 2
        pace.sample()
    figures = pace.figures()
    assert (figures["deliveries_per_second"], figures["refused_per_second"]) == (40, 2)
    assert (figures["cpu_percent"], figures["cpu_seconds"]) == (25, 2.5)


def test_the_lag_is_the_last_minutes() -> None:
    lag = Lag()
    assert lag.p99(0) == 0
    lag.add(0, 5.0)
    for number in range(1, 201):
        lag.add(number / 10, 0.001)
    assert lag.p99(20) == 0.001  # one in two hundred is rarer than one in a hundred
    lag.add(20, 0.3)
    lag.add(20, 0.3)
    assert lag.p99(20) == 0.3
    assert lag.p99(200) == 0


def test_a_question_without_an_answer_is_no_fast_one() -> None:
    latency = Latency()
    assert latency.milliseconds(0) is None
    latency.begin(1)
    latency.begin(2)
    assert latency.milliseconds(4) == 3000
    latency.end(0.002)
    assert latency.milliseconds(9) == 2
    latency.end(None)
    assert latency.milliseconds(9) is None


def test_each_meter_is_in_the_totals() -> None:
    counted = Meters()
    counted.refused["forbidden"] += 2
    counted.refused["conflict"] += 1
    assert counted.totals() == dict.fromkeys(Meters.__slots__, 0) | {"refused": 3}
