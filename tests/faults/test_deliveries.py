"""Deliverers are killed, push services fail and recover: everything that was decided to be sent arrives, and next to
nothing twice.

A push counts as repeated when it arrived on a device more than once. Only a kill may cause that, of what was in flight
at that moment: taken by the push service, and not yet written down.
"""

import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from notifications.delivery import vapid
from tests.faults.conftest import dice  # noqa: F401  a fixture
from tests.processes import Process, wait_until
from tests.push_service import RESET, STALL, Answer, PushService, Subscription
from tests.scale.conftest import complaints
from tests.servers import Postgres, run_python, worker_environment

LEASE_SECONDS = 12
# The last tries of what failed a few times come up to a minute and a half after the last fault.
LIMIT_SECONDS = 180
GOOD = Answer(delay=0.15)
FAULTS = [Answer(500), Answer(503), Answer(429, retry_after="1"), RESET]
KINDS = ("good", "flaky", "stalling", "dead")


@dataclass
class Scene:
    """People, each with a phone at each of the push services; deliverers that send to them."""

    directory: Path
    database_url: str
    services: dict[str, PushService]
    phones: dict[str, list[Subscription]] = field(default_factory=dict)
    deliverers: list[Process] = field(default_factory=list)
    kills: int = 0
    in_flight_at_kills: int = 0

    def __post_init__(self) -> None:
        self.env = worker_environment(self.directory, self.database_url) | {
            "VAPID_PRIVATE_KEY": self.private_key,
            "PUSH_TEST_ORIGINS": ",".join(service.origin for service in self.services.values()),
        }

    private_key: str = field(default_factory=vapid.make_private_key)

    def fill(self, *, people: int, notifications: int, within_seconds: float, troubled: int = 0) -> None:
        """`troubled`: so many have phones at services that stall and that know them no more, too. Few: each push to the
        former takes all of a deliverer's patience.
        """
        answers = {"good": GOOD, "flaky": GOOD, "stalling": STALL, "dead": Answer(410)}
        plan = []
        for number in range(people):
            kinds = KINDS if number < troubled else KINDS[:2]
            phones = {kind: self.services[kind].subscribe(answers[kind]) for kind in kinds}
            for kind, phone in phones.items():
                self.phones.setdefault(kind, []).append(phone)
            plan.append(
                [
                    {"endpoint": one.endpoint, "p256dh": one.p256dh, "auth": one.auth, "old": kind == "stalling"}
                    for kind, one in phones.items()
                ]
            )
        scene = {"people": plan, "notifications": notifications, "within_seconds": within_seconds}
        run_python(self.env, "-m", "tests.faults.outbox_seed", stdin=scene)

    def start(self, count: int) -> None:
        for number in range(count):
            self.deliverers.append(Process(f"deliverer-{number}", self.directory / f"deliverer-{number}.log"))
            self.launch(self.deliverers[-1])

    def launch(self, deliverer: Process) -> None:
        command = [sys.executable, "manage.py", "deliver", "--lease", str(LEASE_SECONDS)]
        deliverer.start(command, env=self.env)

    def kill(self, deliverer: Process) -> None:
        deliverer.kill()
        self.kills += 1
        self.in_flight_at_kills += self.in_flight()
        self.launch(deliverer)

    def in_flight(self) -> int:
        """Rows that some deliverer holds, or held when it died."""
        held = "state = 'waiting' AND attempts > 0 AND outcome = '' AND due_at > now()"
        return int(self.rows(f"SELECT count(*) FROM notifications_delivery WHERE {held}")[0][0])  # noqa: S608  ours

    def waiting(self) -> int:
        return int(self.rows("SELECT count(*) FROM notifications_delivery WHERE state = 'waiting'")[0][0])

    def outcomes(self, kind: str) -> Counter[tuple[str, str]]:
        """What came of the rows for that push service."""
        query = "SELECT state, outcome FROM notifications_delivery WHERE lane = %s"
        return Counter((state, outcome) for state, outcome in self.rows(query, self.services[kind].lane))

    def arrivals(self, kind: str) -> Counter[tuple[str, int]]:
        """How often each notification arrived on each phone."""
        return Counter(
            (phone.endpoint, push.payload["show"]["id"]) for phone in self.phones[kind] for push in phone.got
        )

    def rows(self, query: str, *values: str) -> list[tuple[str, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query.encode(), values).fetchall()


@pytest.fixture
def scene(postgres_server: Postgres, migrated_database: str, tmp_path: Path) -> Iterator[Scene]:
    database_url = postgres_server.database_url(postgres_server.create_database(migrated_database))
    key = vapid.make_private_key()
    services = {kind: PushService(vapid.public_key(key)) for kind in KINDS}
    for service in services.values():
        service.__enter__()
    scene = Scene(tmp_path, database_url, services, private_key=key)
    yield scene
    for deliverer in scene.deliverers:
        deliverer.kill()
    for service in services.values():
        service.__exit__(None, None, None)


def break_things(scene: Scene, dice: random.Random, *faults: Answer, kills: int) -> None:  # noqa: F811
    """Kills deliverers that have something in flight; meanwhile phones of the flaky service fail and recover."""
    for _ in range(kills):
        wait_until(lambda: scene.in_flight() > 0, "something to be in flight")
        for phone in scene.phones["flaky"]:
            phone.answers = dice.choice([GOOD, GOOD, *FAULTS, *faults])
        time.sleep(dice.uniform(0, 0.4))
        scene.kill(dice.choice(scene.deliverers))
    for phone in scene.phones["flaky"]:
        phone.answers = GOOD


def check(scene: Scene, *, people: int, notifications: int, troubled: int) -> None:
    wait_until(lambda: scene.waiting() == 0, "every delivery to be decided", seconds=LIMIT_SECONDS)
    count = people * notifications
    for kind in ("good", "flaky"):
        assert scene.outcomes(kind) == {("sent", "The push service took it."): count}
        assert len(scene.arrivals(kind)) == count, "each arrived on each phone"
    assert scene.outcomes("stalling") == {("failed", "The push service did not answer."): troubled * notifications}
    dead = scene.outcomes("dead")
    assert dead.total() == troubled * notifications
    assert set(dead) <= {("failed", "The device takes no more pushes."), ("skipped", "The device was removed.")}
    assert scene.rows("SELECT count(*)::text FROM notifications_device") == [(str(2 * people + troubled),)], (
        "the dead are pruned"
    )
    arrivals = scene.arrivals("good") + scene.arrivals("flaky")
    assert scene.in_flight_at_kills > 0
    assert repeats(arrivals) <= scene.in_flight_at_kills
    assert max(arrivals.values()) <= 1 + scene.kills
    # Where a push service never fails, only a kill makes a second try: a row that was in flight is sent once more.
    query = "SELECT sum(attempts - 1)::text, max(attempts)::text FROM notifications_delivery WHERE lane = %s"
    interrupted, most = map(int, scene.rows(query, scene.services["good"].lane)[0])
    assert repeats(scene.arrivals("good")) <= interrupted <= scene.in_flight_at_kills
    assert most <= 1 + scene.kills
    assert [service.faults for service in scene.services.values()] == [[], [], [], []]
    assert [complaints(deliverer.log) for deliverer in scene.deliverers] == [[]] * len(scene.deliverers)


def repeats(arrivals: Counter[tuple[str, int]]) -> int:
    return arrivals.total() - len(arrivals)


def test_killed_deliverers_lose_nothing(scene: Scene, dice: random.Random) -> None:  # noqa: F811
    scene.fill(people=12, notifications=4, within_seconds=6, troubled=1)
    scene.start(2)
    break_things(scene, dice, kills=3)
    check(scene, people=12, notifications=4, troubled=1)


@pytest.mark.long
def test_deliverers_killed_again_and_again_lose_nothing(scene: Scene, dice: random.Random) -> None:  # noqa: F811
    scene.fill(people=60, notifications=6, within_seconds=45, troubled=3)
    scene.start(3)
    break_things(scene, dice, STALL, kills=20)
    check(scene, people=60, notifications=6, troubled=3)


def test_one_that_is_told_to_end_repeats_nothing(scene: Scene) -> None:
    """As in an upgrade: what is in flight lands, and is written down."""
    scene.fill(people=12, notifications=4, within_seconds=3)
    scene.start(2)
    for deliverer in scene.deliverers:
        wait_until(lambda one=deliverer: "Delivering" in one.log, "it to begin")  # type: ignore[misc]
        wait_until(lambda: scene.in_flight() > 0 or not scene.waiting(), "something to be in flight")
        deliverer.signal(signal.SIGTERM)
        assert deliverer.wait() == 0
        scene.launch(deliverer)
    wait_until(lambda: scene.waiting() == 0, "every delivery to be decided", seconds=LIMIT_SECONDS)
    arrivals = scene.arrivals("good") + scene.arrivals("flaky")
    assert arrivals.total() == len(arrivals) == 2 * 12 * 4
