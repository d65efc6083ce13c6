"""A site of several workers with people in a room, for tests that break parts of it."""

import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import psycopg
import pytest

from tests.scale.client import Client
from tests.servers import Postgres, Redis, Worker

ROOM = "general"
# The channel layer logs a traceback of its own when Redis goes; the line after it begins with a date.
_LAYER_LOST_REDIS = re.compile(r"^\S+ \S+ ERROR channels_redis\.pubsub:.*?(?=^\d{4}-\d\d-\d\d |\Z)", re.M | re.S)


class Row(NamedTuple):
    """A message as it is stored."""

    seq: int
    id: int
    client_id: str


class Site:
    """Workers on one database and one Redis; people p0, p1, … who are in one room."""

    def __init__(self, workers: list[Worker], redis: Redis, postgres: Postgres, people: int) -> None:
        self.workers, self.redis, self.postgres = workers, redis, postgres
        self._clients: list[Client] = []
        made = workers[0].manage("-m", "tests.scale.seed", stdin={ROOM: [f"p{number}" for number in range(people)]})
        seeded: dict[str, Any] = json.loads(made)
        self.room: int = seeded["rooms"][ROOM]
        self.tokens = [secret for _, secret in seeded["people"].values()]
        self.ids = [user_id for user_id, _ in seeded["people"].values()]

    async def client(self, number: int, *, moves: bool = True, anywhere: bool = True) -> Client:
        """The person of that number, connected: to the first worker, the next, … in turn; when it goes, to another."""
        first = number % len(self.workers)
        addresses = [worker.url for worker in (*self.workers[first:], *self.workers[:first])]
        if not anywhere:
            addresses = addresses[:1]
        client = Client(self.tokens[number], addresses, moves=moves)
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


@pytest.fixture
async def make_site(
    workers: Callable[..., list[Worker]], redis_server: Redis, postgres_server: Postgres
) -> AsyncIterator[Callable[..., Site]]:
    """`make_site(2, people=40, DRAIN_SECONDS="5")`. No worker of it may have logged a traceback when the test ends."""
    made: list[Site] = []

    def make(count: int, *, people: int, **settings: str) -> Site:
        made.append(Site(workers(count, **settings), redis_server, postgres_server, people))
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
    return [line for line in lines if not line.endswith("django.request: Service Unavailable: /readyz")]
