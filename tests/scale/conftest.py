"""A site of several workers with people in a room, for tests that break parts of it."""

import re
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import psycopg
import pytest

from realtime_site.chaos.checker import Row, Verdict, check
from realtime_site.chaos.client import Client
from tests.scale.seeder import seed
from tests.servers import Postgres, Redis, Worker

ROOM = "general"
# The channel layer logs a traceback of its own when Redis goes; the line after it begins with a date.
_LAYER_LOST_REDIS = re.compile(r"^\S+ \S+ ERROR channels_redis\.pubsub:.*?(?=^\d{4}-\d\d-\d\d |\Z)", re.M | re.S)


class Site:
    """Workers on one database; people p0, p1, … who are in one room."""

    def __init__(self, workers: list[Worker], people: int) -> None:
        self.workers = workers
        self._clients: list[Client] = []
        seeded = seed(workers[0].env, {ROOM: [f"p{number}" for number in range(people)]})
        self.room: int = seeded["rooms"][ROOM]
        self.tokens = [secret for _, secret in seeded["people"].values()]
        self.ids = [user_id for user_id, _ in seeded["people"].values()]

    async def client(self, number: int, *, anywhere: bool = True, **options: Any) -> Client:
        """The person of that number, connected: to the first worker, the next, … in turn; when it goes, to another."""
        first = number % len(self.workers)
        addresses = [worker.url for worker in (*self.workers[first:], *self.workers[:first])]
        return await self.client_at(number, addresses if anywhere else addresses[:1], **options)

    async def client_at(self, number: int, addresses: list[str], **options: Any) -> Client:
        client = Client(self.tokens[number], addresses, **options)
        self._clients.append(client)
        await client.start()
        return client

    async def clients(self, count: int, **options: Any) -> list[Client]:
        return [await self.client(number, **options) for number in range(count)]

    async def leave(self) -> None:
        for client in self._clients:
            await client.stop()

    def stored(self) -> list[Row]:
        """The room's messages in the order of seq."""
        with psycopg.connect(self.workers[0].env["DATABASE_URL"]) as connection:
            query = "SELECT seq, id, client_id FROM chat_message WHERE room_id = %s ORDER BY seq"
            rows = connection.execute(query, [self.room]).fetchall()
        return [Row(seq, message_id, str(client_id)) for seq, message_id, client_id in rows]

    def verdict(self, clients: Iterable[Client]) -> Verdict:
        return check(self.stored(), [client.diary(f"client {n}", self.room) for n, client in enumerate(clients)])


class BigSite(Site):
    """On PostgreSQL and Redis."""

    def __init__(self, workers: list[Worker], redis: Redis, postgres: Postgres, people: int) -> None:
        super().__init__(workers, people)
        self.redis, self.postgres = redis, postgres

    @property
    def database(self) -> str:
        """Its name."""
        return self.workers[0].env["DATABASE_URL"].rpartition("/")[2]


@pytest.fixture
async def make_site(
    workers: Callable[..., list[Worker]], redis_server: Redis, postgres_server: Postgres
) -> AsyncIterator[Callable[..., BigSite]]:
    """`make_site(2, people=40, DRAIN_SECONDS="5")`. No worker of it may have logged a traceback when the test ends."""
    made: list[BigSite] = []

    def make(count: int, *, people: int, **settings: str) -> BigSite:
        made.append(BigSite(workers(count, **settings), redis_server, postgres_server, people))
        return made[-1]

    yield make
    for site in made:
        await site.leave()
        for worker in site.workers:
            assert not complaints(worker.log)


def complaints(log: str) -> list[str]:
    """Lines that should not be there. What others log when their server is gone may be."""
    log = _LAYER_LOST_REDIS.sub("", log)
    lines = [line for line in log.splitlines() if "Traceback" in line or " ERROR " in line]
    return [line for line in lines if "django.request: Service Unavailable: /readyz" not in line]
