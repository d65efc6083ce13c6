"""People who talk, and waiting until all have heard them."""

import asyncio
from collections import deque

from realtime_site.chaos.client import Client
from realtime_site.chaos.link import Frame, until
from tests.scale.conftest import Site

WINDOW = 8  # unacked messages of a sender, as an outbox that has filled up would have
# Invariant: a socket learns of a missed event within this, whatever Redis did.
REPAIR_SECONDS = 10


async def talk(client: Client, room: int, count: int, *, pace_seconds: float = 0) -> None:
    """Returns when all are acked."""
    waiting: deque[asyncio.Future[Frame]] = deque()
    for number in range(count):
        waiting.append(client.post(room, f"message {number}"))
        if len(waiting) >= WINDOW:
            await waiting.popleft()
        await asyncio.sleep(pace_seconds)
    await asyncio.gather(*waiting)


async def everybody_has(site: Site, clients: list[Client]) -> None:
    head = site.stored()[-1].seq
    await until(
        lambda: all(client.rooms[site.room].last == head for client in clients),
        f"event {head} everywhere",
        seconds=REPAIR_SECONDS,
    )
