"""Redis goes, stands still, forgets, refuses; people on both workers go on hearing each other."""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import ANY

import pytest
from redis.exceptions import OutOfMemoryError

from realtime_site.chaos.link import until
from tests.faults.conftest import PEOPLE, Broken
from tests.faults.proving import found, report_twice, rows
from tests.scale.conftest import BigSite
from tests.servers import Redis

AIM_SECONDS = 10


@pytest.fixture
def site(make_site: Callable[..., BigSite]) -> BigSite:
    return make_site(2, people=PEOPLE)


async def test_redis_killed_for_a_second(site: BigSite, broken: Broken) -> None:
    async with broken(site, "Redis: kill -9 for 1 s", aim_seconds=AIM_SECONDS) as talk:
        site.redis.kill()
        await asyncio.sleep(1)
        site.redis.restart()
    assert not any(client.closed_with or client.errors for client in talk.clients)
    deaf, author = talk.clients[:2]
    before = deaf.rooms[site.room].last
    deaf.rooms[site.room].offer = lambda event: None  # type: ignore[method-assign]
    message = await author.post(site.room, "unheard")
    heard = [client for client in talk.clients if client is not deaf]
    await until(lambda: all(one.rooms[site.room].last >= message["seq"] for one in heard), "the message")
    await report_twice(talk.clients)
    # By the clients' own reports: Redis lost nobody anything, and whoever drops an event is found.
    assert await found(site) == [("lost", site.ids[0], before + 1, message["seq"], ANY)]
    assert "Missing for 1" in rows(site)[0][4]


@pytest.mark.long
async def test_redis_killed_for_ten_seconds(site: BigSite, broken: Broken) -> None:
    async with broken(site, "Redis: kill -9 for 10 s", aim_seconds=AIM_SECONDS, one_way=True) as talk:
        site.redis.kill()
        await asyncio.sleep(5)
        await talk.recovery_seconds()  # they hear each other without it
        await asyncio.sleep(5)
        site.redis.restart()
    assert not any(client.closed_with or client.errors for client in talk.clients)


@pytest.mark.long
async def test_redis_stands_still(site: BigSite, broken: Broken, dice: random.Random) -> None:
    async with broken(site, "Redis: SIGSTOP", aim_seconds=AIM_SECONDS, one_way=True) as talk:
        with suspended(site.redis):
            await asyncio.sleep(dice.uniform(2, 6))
            await talk.recovery_seconds()
    assert not any(client.closed_with or client.errors for client in talk.clients)


@pytest.mark.parametrize("kind", ["normal", "pubsub"])
async def test_redis_ends_its_connections(site: BigSite, broken: Broken, kind: str) -> None:
    async with broken(site, f"Redis: CLIENT KILL TYPE {kind}", aim_seconds=AIM_SECONDS, one_way=True) as talk:
        killed = site.redis.cli("CLIENT", "KILL", "TYPE", kind)
        assert isinstance(killed, int)
        assert killed > 0
    assert not any(client.closed_with or client.errors for client in talk.clients)


async def test_redis_forgets_everything(site: BigSite, broken: Broken) -> None:
    async with broken(site, "Redis: FLUSHALL", aim_seconds=AIM_SECONDS) as talk:
        site.redis.cli("FLUSHALL")
    assert not any(client.closed_with or client.errors for client in talk.clients)


@pytest.mark.long
async def test_redis_has_no_memory_left(site: BigSite, broken: Broken) -> None:
    async with broken(site, "Redis: maxmemory reached", aim_seconds=AIM_SECONDS) as talk:
        with full(site.redis):
            await talk.recovery_seconds()
            assert await asyncio.to_thread(site.workers[0].get, "/readyz") == 200
    assert not any(client.closed_with or client.errors for client in talk.clients)


@contextmanager
def suspended(redis: Redis) -> Iterator[None]:
    redis.suspend()
    try:
        yield
    finally:
        redis.resume()


@contextmanager
def full(redis: Redis) -> Iterator[None]:
    redis.cli("CONFIG", "SET", "maxmemory-policy", "noeviction")
    redis.cli("CONFIG", "SET", "maxmemory", "1")
    try:
        with pytest.raises(OutOfMemoryError):
            redis.cli("SET", "a", "1")
        yield
    finally:
        redis.cli("CONFIG", "SET", "maxmemory", "0")
