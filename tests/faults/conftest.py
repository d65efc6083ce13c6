"""What rows of the fault matrix ask for: dice that fall alike for one seed, people who talk meanwhile, a small site."""

import random
import shutil
import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from realtime_site.chaos.checker import Row
from realtime_site.chaos.client import Client
from realtime_site.chaos.traffic import Conversation
from tests.faults.matrix import LIMIT_SECONDS, PROPERTY, Seen
from tests.scale.conftest import Site, complaints, make_site  # noqa: F401  a fixture
from tests.servers import Worker, run_python, worker_environment

PEOPLE = 6
PACE_SECONDS = 0.05  # up to 120 messages a second among six
# Messages of each person before something breaks, and after it has recovered.
BEFORE, AFTER = 5, 5

Broken = Callable[..., AbstractAsyncContextManager[Conversation]]


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Decides when things break. Falls alike for one `--seed` and test."""
    return random.Random(f"{request.config.getoption('--seed')} {request.node.nodeid}")


@pytest.fixture
def broken(dice: random.Random, request: pytest.FixtureRequest) -> Broken:
    """`async with broken(site, "Redis: kill -9 for 1 s", aim_seconds=10) as talk:` one row of the matrix.

    People talk the whole time. The body breaks something and, where that lasts, mends it: recovery is counted from its
    end until a message that each began to send after it is acked and heard by everybody. Then all is compared. With
    `one_way` those on the second worker say nothing: no number of theirs tells them that they missed one.
    """

    @asynccontextmanager
    async def row(
        site: Site,
        name: str,
        *,
        aim_seconds: float,
        clients: list[Client] | None = None,
        one_way: bool = False,
        **options: Any,
    ) -> AsyncIterator[Conversation]:
        clients = clients or await site.clients(PEOPLE, **options)
        talking, silent = (clients[0::2], clients[1::2]) if one_way else (clients, [])
        talk = Conversation(talking, site.room, pace_seconds=PACE_SECONDS, dice=dice, silent=silent)
        talk.start()
        await talk.goes_on(BEFORE)
        yield talk
        recovery_seconds = await talk.recovery_seconds(seconds=LIMIT_SECONDS)
        await talk.goes_on(AFTER)
        await talk.stop()
        verdict = site.verdict(clients)
        seen = Seen.of(name, verdict, recovery_seconds, aim_seconds)
        request.node.user_properties.append((PROPERTY, seen.to_json()))
        assert not verdict.anomalies
        assert verdict.acked >= len(talking) * (BEFORE + AFTER)
        assert recovery_seconds < LIMIT_SECONDS

    return row


class SmallSite(Site):
    """One worker on SQLite and memory."""

    FILE = "db.sqlite3"

    @property
    def file(self) -> Path:
        return Path(self.workers[0].env["DATA_DIR"]) / self.FILE

    def stored(self) -> list[Row]:
        connection = sqlite3.connect(self.file)
        try:
            query = "SELECT seq, id, client_id FROM chat_message WHERE room_id = ? ORDER BY seq"
            rows = connection.execute(query, [self.room]).fetchall()
        finally:
            connection.close()
        return [Row(seq, message_id, _dashed(client_id)) for seq, message_id, client_id in rows]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with all tables and no rows, to be copied."""
    directory = tmp_path_factory.mktemp("migrate")
    run_python(worker_environment(directory), "manage.py", "migrate", "-v0")
    return directory / SmallSite.FILE


@pytest.fixture
async def make_small_site(tmp_path: Path, migrated_file: Path) -> AsyncIterator[Callable[..., SmallSite]]:
    """`make_small_site(people=4)`; the data may be elsewhere: `DATA_DIR="…"`."""
    made: list[SmallSite] = []

    def make(*, people: int = PEOPLE, **settings: str) -> SmallSite:
        worker = Worker(tmp_path, **settings)
        shutil.copy(migrated_file, worker.env["DATA_DIR"])
        worker.restart()
        made.append(SmallSite([worker], people))
        return made[-1]

    yield make
    for site in made:
        await site.leave()
        site.workers[0].kill()
        assert not complaints(site.workers[0].log)


def _dashed(client_id: str) -> str:
    return str(uuid.UUID(client_id))
