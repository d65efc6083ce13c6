"""What may be broken at somebody's own site: workers that we started, sockets that we opened, and nothing else."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from realtime_site.chaos.client import Client
from realtime_site.chaos.workers import OwnWorker

# Shorter than a client's patience, or longer: both happen to a worker whose machine stalls.
STANDSTILL_SECONDS = (1.0, 12.0)


@dataclass
class Victims:
    """Whom a fault may hit. `dice` decide which of them."""

    workers: Sequence[OwnWorker]
    clients: Sequence[Client]
    dice: random.Random
    mending: list[asyncio.Task[None]] = field(default_factory=list)

    async def mended(self) -> None:
        """Returns when every worker serves again. Raises WorkerError."""
        await asyncio.gather(*self.mending)
        self.mending.clear()


async def kill(victims: Victims) -> None:
    """One worker, as a power cut would. It is started again at once, as a supervisor does."""
    worker = victims.dice.choice(victims.workers)
    await worker.kill()
    victims.mending.append(asyncio.create_task(worker.start()))


async def stand_still(victims: Victims) -> None:
    """One worker, for some seconds."""
    worker = victims.dice.choice(victims.workers)
    worker.suspend()
    await asyncio.sleep(victims.dice.uniform(*STANDSTILL_SECONDS))
    worker.resume()


async def replace(victims: Victims) -> None:
    """Each worker in turn, as a deploy does."""
    for worker in victims.workers:
        await worker.leave()
        await worker.start()


async def cut(victims: Victims) -> None:
    """All sockets at once."""
    for client in victims.clients:
        client.cut()


class Fault(NamedTuple):
    """`breaks` returns when the fault is over; from then on recovery is counted."""

    name: str
    breaks: Callable[[Victims], Awaitable[None]]


KILL = Fault("a worker killed (kill -9)", kill)
STAND_STILL = Fault("a worker standing still (SIGSTOP)", stand_still)
REPLACE = Fault("all workers replaced (SIGTERM in turn)", replace)
CUT = Fault("all sockets cut", cut)
