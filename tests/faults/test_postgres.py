"""PostgreSQL ends its connections, dies, is locked, is too busy: what is acked is stored, and once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import psycopg
import pytest

from realtime_site.chaos.link import until
from tests.faults.conftest import PEOPLE, Broken
from tests.scale.conftest import BigSite
from tests.servers import Postgres

AIM_SECONDS = 5
# realtime_site/live/database.py. A message may wait behind a batch that is given up, and then as long itself.
GIVEN_UP_SECONDS = 15


@pytest.fixture
def site(make_site: Callable[..., BigSite]) -> BigSite:
    return make_site(2, people=PEOPLE)


async def test_postgres_ends_all_our_connections(site: BigSite, broken: Broken) -> None:
    async with broken(site, "PostgreSQL: pg_terminate_backend", aim_seconds=AIM_SECONDS) as talk:
        assert terminate_ours(site) > 0
    assert not any(client.closed_with for client in talk.clients)


async def test_postgres_killed_and_started_again(site: BigSite, broken: Broken) -> None:
    async with broken(site, "PostgreSQL: kill -9, start", aim_seconds=AIM_SECONDS) as talk:
        site.postgres.kill()
        await until(lambda: all(client.errors for client in talk.clients), "a refusal of each")
        site.postgres.restart()
    assert {error["code"] for client in talk.clients for error in client.errors} == {"unavailable"}
    assert not any(client.closed_with for client in talk.clients)


@pytest.mark.long
async def test_postgres_stands_still(site: BigSite, broken: Broken) -> None:
    """It takes connections and says nothing."""
    async with broken(site, "PostgreSQL: SIGSTOP", aim_seconds=AIM_SECONDS) as talk:
        with standing_still(site.postgres):
            refused = lambda: all(client.errors for client in talk.clients)  # noqa: E731
            await until(refused, "a refusal of each", seconds=2 * GIVEN_UP_SECONDS + 15)
            assert await asyncio.to_thread(site.workers[0].get, "/healthz") == 200
    assert {error["code"] for client in talk.clients for error in client.errors} == {"unavailable"}
    assert not any(client.closed_with for client in talk.clients)


@pytest.mark.long
async def test_the_messages_are_locked_for_thirty_seconds(site: BigSite, broken: Broken) -> None:
    async with broken(site, "PostgreSQL: table locked for 30 s", aim_seconds=AIM_SECONDS) as talk:
        with locked(site):
            acked = sum(len(client.acked) for client in talk.clients)
            await asyncio.sleep(30)
            assert sum(len(client.acked) for client in talk.clients) <= acked + PEOPLE
    assert {error["code"] for client in talk.clients for error in client.errors} == {"unavailable"}


@pytest.mark.long
async def test_all_connections_of_the_pool_are_busy(make_site: Callable[..., BigSite], broken: Broken) -> None:
    site = make_site(2, people=PEOPLE, DATABASE_POOL="2", DATABASE_THREADS="8")
    async with broken(site, "PostgreSQL: pool exhausted", aim_seconds=AIM_SECONDS) as talk:
        with locked(site):
            asked = [client.command("room.history", room=site.room) for client in (*talk.clients, *talk.clients)]
            answers = await asyncio.gather(*asked)
    assert {answer.get("code") for answer in answers} == {"unavailable"}
    assert not any(client.closed_with for client in talk.clients)


@pytest.mark.long
async def test_postgres_accepts_nobody_for_a_while(site: BigSite, broken: Broken) -> None:
    """As when all its connections are taken by somebody else."""
    async with broken(site, "PostgreSQL: accepts no connection", aim_seconds=AIM_SECONDS) as talk:
        with closed_to_all(site):
            assert terminate_ours(site) > 0
            await until(lambda: all(client.errors for client in talk.clients), "a refusal of each")
    assert {error["code"] for client in talk.clients for error in client.errors} == {"unavailable"}
    assert not any(client.closed_with for client in talk.clients)


def terminate_ours(site: BigSite) -> int:
    """Ends the workers' connections. How many there were."""
    with psycopg.connect(site.postgres.url) as connection:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        return len(connection.execute(query, [site.database]).fetchall())


@contextmanager
def standing_still(postgres: Postgres) -> Iterator[None]:
    """All its processes."""
    family = [psutil.Process(postgres.pid), *psutil.Process(postgres.pid).children(recursive=True)]
    for one in family:
        one.suspend()
    try:
        yield
    finally:
        for one in family:
            one.resume()


@contextmanager
def locked(site: BigSite) -> Iterator[None]:
    with psycopg.connect(site.postgres.database_url(site.database)) as connection:
        connection.execute("LOCK TABLE chat_message IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def closed_to_all(site: BigSite) -> Iterator[None]:
    site.postgres.execute(f"ALTER DATABASE {site.database} ALLOW_CONNECTIONS false")
    try:
        yield
    finally:
        site.postgres.execute(f"ALTER DATABASE {site.database} ALLOW_CONNECTIONS true")
