"""`manage.py chaos`: what it says is true, and afterwards the site is as it was."""

import asyncio
import json
import random
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from realtime_site.chaos.client import Client
from realtime_site.chaos.traffic import Conversation
from tests.processes import Process, has_ended, wait_until
from tests.scale.conftest import BigSite
from tests.scale.seeder import seed
from tests.servers import worker_environment

CLEAN, DIRTY, REFUSED, INTERRUPTED = 0, 1, 2, 130
# A fault may take half a minute, and recovery is given a minute before it is given up.
RUN_SECONDS = 120
LEFT_BEHIND = (
    "SELECT count(*) FROM accounts_user WHERE username LIKE 'chaos-%'",
    "SELECT count(*) FROM accounts_accesstoken WHERE name = 'chaos'",
    "SELECT count(*) FROM chat_room WHERE slug LIKE 'chaos-%'",
    "SELECT count(*) FROM chat_message WHERE body LIKE '%chaos-%'",
)


class Chaos(Process):
    """The command, at a site where somebody has been before."""

    def __init__(self, directory: Path, **settings: str) -> None:
        directory.mkdir(exist_ok=True)
        super().__init__("chaos", directory / "chaos.log")
        self.report_file = directory / "chaos.json"
        self.env = worker_environment(directory) | {"DRAIN_SECONDS": "2"} | settings

    def people_come(self) -> None:
        seed(self.env, {"general": ["alice", "bob"]})

    def begin(self, *words: str) -> None:
        self.start([sys.executable, "manage.py", "chaos", "--report", str(self.report_file), *words], env=self.env)

    def end(self) -> int:
        wait_until(lambda: not self.is_running, "chaos to end", seconds=RUN_SECONDS)
        return self.wait()

    def run(self, *words: str) -> int:
        self.begin(*words)
        return self.end()

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.report_file.read_text())
        return found

    def ask(self, *statements: str) -> list[list[Any]]:
        """What the site's own database says to each."""
        with self._connection() as connection:
            return [connection.execute(statement).fetchall() for statement in statements]

    def _connection(self) -> AbstractContextManager[Any]:
        if self.env["DATABASE_URL"]:
            return psycopg.connect(self.env["DATABASE_URL"], autocommit=True)
        return closing(sqlite3.connect(Path(self.env["DATA_DIR"]) / "db.sqlite3", isolation_level=None, timeout=30))

    def everything(self) -> list[list[Any]]:
        """What must be as it was."""
        tables = ("accounts_user", "accounts_accesstoken", "chat_room", "chat_membership", "chat_message")
        return self.ask(*(f"SELECT * FROM {table} ORDER BY id" for table in tables))  # noqa: S608

    def wait_for_messages(self) -> None:
        query = "SELECT count(*) FROM chat_message WHERE room_id = (SELECT id FROM chat_room WHERE slug LIKE 'chaos-%')"
        wait_until(lambda: int(self.ask(query)[0][0][0]) > 20, "messages")

    def workers(self) -> list[psutil.Process]:
        children: list[psutil.Process] = psutil.Process(self.pid).children()
        return children


@pytest.fixture
def small(tmp_path: Path, migrated_file: Path) -> Iterator[Chaos]:
    chaos = Chaos(tmp_path)
    shutil.copy(migrated_file, tmp_path)
    chaos.people_come()
    yield chaos
    chaos.kill()


def test_a_site_on_sqlite_comes_through_and_is_as_it_was(small: Chaos) -> None:
    before = small.everything()
    assert small.run("--seconds", "3") == CLEAN, small.log
    assert small.report["clean"]
    assert small.report["acked"] > 10
    assert all(fault["recovery_seconds"] < 30 for fault in small.report["faults"])
    assert small.everything() == before


@pytest.mark.long
async def test_a_site_on_postgres_and_redis_comes_through_all_of_it_and_its_people_notice_nothing(
    make_site: Callable[..., BigSite], dice: random.Random, tmp_path: Path
) -> None:
    site = make_site(2, people=4)
    clients = await site.clients(4)
    talk = Conversation(clients, site.room, pace_seconds=0.2, dice=dice)
    talk.start()

    chaos = Chaos(tmp_path / "chaos", **site.workers[0].env)
    chaos.begin("--seconds", "25", "--workers", "2", "--seed", "7")
    assert await asyncio.to_thread(chaos.end) == CLEAN, chaos.log
    await talk.stop()

    assert len({fault["fault"] for fault in chaos.report["faults"]}) == 4
    assert (chaos.report["site"], chaos.report["seed"]) == ("PostgreSQL and Redis, with 2 workers", 7)
    assert chaos.ask(*LEFT_BEHIND) == [[(0,)]] * len(LEFT_BEHIND)
    assert not site.verdict(clients).anomalies
    assert not any(client.closed_with or client.errors for client in clients)
    assert {
        person["username"] for client in clients for event in client.heard_of("presence") for person in event["came"]
    } <= {"p0", "p1", "p2", "p3"}


def met(clients: list[Client]) -> set[str]:
    """Who came online in rooms of theirs."""
    came = [person for client in clients for event in client.heard_of("presence") for person in event["came"]]
    return {person["username"] for person in came}


def test_a_message_that_vanishes_from_the_database_is_found_and_the_exit_code_says_so(small: Chaos) -> None:
    before = small.everything()
    small.begin("--seconds", "3")
    small.wait_for_messages()
    ((found,),) = small.ask(
        "SELECT m.id, m.client_id FROM chat_message m JOIN chat_room r ON r.id = m.room_id"
        " WHERE r.slug LIKE 'chaos-%' AND m.kind = 'text' ORDER BY m.seq LIMIT 1"
    )
    small.ask(f"DELETE FROM chat_message WHERE id = {found[0]}")  # noqa: S608
    assert small.end() == DIRTY, small.log
    assert not small.report["clean"]
    assert small.report["lost"] == 1
    assert "was acked as number" in small.log
    assert small.everything() == before


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, *(pytest.param(one, marks=pytest.mark.long) for one in (signal.SIGINT, signal.SIGHUP))]
)
def test_it_tidies_up_when_it_is_told_to_stop(small: Chaos, number: signal.Signals) -> None:
    before = small.everything()
    small.begin("--seconds", "60")
    small.wait_for_messages()
    workers = small.workers()
    assert workers
    small.signal(number)
    assert small.end() == INTERRUPTED, small.log
    assert all(has_ended(worker) for worker in workers)
    assert small.everything() == before


@pytest.mark.long
def test_what_a_killed_run_leaves_behind_is_swept(small: Chaos) -> None:
    before = small.everything()
    small.begin("--seconds", "60")
    small.wait_for_messages()
    workers = small.workers()
    small.signal(signal.SIGKILL)
    small.wait()
    wait_until(lambda: all(has_ended(worker) for worker in workers), "the workers to end with it")
    assert small.everything() != before
    assert small.run("--sweep") == CLEAN
    assert small.everything() == before


def test_it_refuses_in_words_what_cannot_be_done(small: Chaos, tmp_path: Path) -> None:
    refusals = {
        "need Redis": (small, ["--workers", "2"]),
        "There is no directory": (small, ["--report", "/nowhere/chaos.md"]),
        "not prepared": (Chaos(tmp_path / "new"), []),
        "look at REDIS_URL": (Chaos(tmp_path, REDIS_URL="redis://127.0.0.1:1/0"), []),
        "look at DATABASE_URL": (Chaos(tmp_path, DATABASE_URL="postgres://nobody@127.0.0.1:1/none"), []),
    }
    for words, (chaos, arguments) in refusals.items():
        assert chaos.run(*arguments) == REFUSED, chaos.log
        assert words in chaos.log
        assert "Traceback" not in chaos.log
