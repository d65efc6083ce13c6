import asyncio
from types import SimpleNamespace

import pytest

from realtime_site.live import roll
from realtime_site.live.roll import Roll, visit_of

AGENT = b"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


class Worker:
    """A hub that hears what all tell."""

    def __init__(self, workers, people=(), deaf=False):
        self.loop = asyncio.get_running_loop()
        self.sockets = {socket_of(person) for person in people}
        self.roll, self._workers, self._deaf = Roll(self), workers, deaf
        workers.append(self)

    def tell(self, _, message):
        for worker in self._workers:
            if not worker._deaf:
                self.loop.call_soon(worker.roll.hear, message)


class socket_of:  # noqa: N801  reads as a function where it is used
    def __init__(self, person, token=None):
        self.identity = SimpleNamespace(user=SimpleNamespace(pk=person), credentials=SimpleNamespace(token=token))
        scope = {"headers": [(b"user-agent", AGENT)], "client": ["192.0.2.1", 5000], "path": "/ws/"}
        self.visit = visit_of(scope)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(roll, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(roll, "QUIET_SECONDS", 0.05)


async def test_all_workers_tell_of_a_person_s_sockets_and_of_no_others():
    workers = []
    here, _ = Worker(workers, [1, 1, 2]), Worker(workers, [1, 3])
    found = await here.roll.ask(1)
    assert len(found) == 3
    assert {(one.address, one.path, one.by_token) for one in found} == {("192.0.2.1", "/ws/", False)}
    assert len({one.number for one in found}) == 3
    assert await here.roll.ask(9) == []


async def test_a_worker_that_does_not_answer_is_not_waited_for():
    workers = []
    here, _ = Worker(workers, [1]), Worker(workers, [1], deaf=True)
    assert len(await here.roll.ask(1)) == 1


async def test_a_page_asks_from_its_thread():
    here = Worker([], [1])
    here._workers.append(here)
    assert len(await asyncio.to_thread(here.roll.ask_from_thread, 1)) >= 1


def test_equal_agents_are_kept_once():
    assert socket_of(1).visit.agent is socket_of(2).visit.agent
