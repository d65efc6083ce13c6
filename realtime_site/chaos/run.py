"""One run: workers of our own, people who talk through them, faults at times that a seed decides.

Gives what was seen, as plain data; whoever calls compares it with the database and removes what was made. Knows no
database.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from realtime_site.chaos.checker import Diary
from realtime_site.chaos.client import Client, RefusedError
from realtime_site.chaos.faults import Fault, Victims
from realtime_site.chaos.link import Heartbeat
from realtime_site.chaos.traffic import Conversation
from realtime_site.chaos.workers import OwnWorker, WorkerError

# Three to four messages a second from each: below a person's limit of five (docs/protocol.md).
PACE_SECONDS = 0.3
# A worker that stands still is noticed while it does.
HEARTBEAT = Heartbeat(every_seconds=3, patience_seconds=3)
# Twice what the slowest recovery may take; past it something does not recover at all.
RECOVERY_SECONDS = 60.0
BETWEEN_SECONDS = (0.5, 4.0)

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    room_id: int
    tokens: Sequence[str]
    workers: int
    seconds: float
    seed: int
    faults: Sequence[Fault]
    environment: Mapping[str, str]
    drain_seconds: float


class Happened(NamedTuple):
    """A fault, when it was over, in seconds from the beginning, and when all was well again: None if never."""

    fault: str
    at_seconds: float
    recovery_seconds: float | None


@dataclass(frozen=True)
class Seen:
    diaries: list[Diary]
    happened: list[Happened]
    latencies: list[float]  # of each delivery, in seconds, sorted
    problem: str  # what ended the run early, else empty


@dataclass
class Progress:
    """Where a run stands, for whoever looks on."""

    clients: list[Client]
    room_id: int
    now: str = "talking"

    def __str__(self) -> str:
        acked = sum(len(client.acked) for client in self.clients)
        heard = sum(len(client.rooms[self.room_id].heard) for client in self.clients)
        return f"{acked:,} acked, {heard:,} delivered · {self.now}"


async def run(plan: Plan, logs: Path, watch: Callable[[Progress], None], tell: Tell) -> Seen:
    """Raises WorkerError when the workers do not start. Whatever it started has ended when it returns or raises."""
    workers = [
        OwnWorker(f"worker {number}", plan.environment, logs / f"worker-{number}.log", drain_seconds=plan.drain_seconds)
        for number in range(1, plan.workers + 1)
    ]
    async with _serving(workers), _connected(plan, workers) as clients:
        dice = random.Random(plan.seed)
        talk = Conversation(clients, plan.room_id, pace_seconds=PACE_SECONDS, dice=random.Random(plan.seed))
        progress = Progress(clients, plan.room_id)
        watch(progress)
        happened: list[Happened] = []
        problem = ""
        try:
            talk.start()
            await talk.goes_on(2)
            await _break_things(plan, talk, Victims(workers, clients, dice), happened, progress, tell)
            progress.now = "waiting for the last acks"
            await talk.stop(seconds=RECOVERY_SECONDS)
        except (TimeoutError, RefusedError, WorkerError) as error:
            problem = str(error)
        diaries = [client.diary(f"person {at}", plan.room_id) for at, client in enumerate(clients, 1)]
        return Seen(diaries, happened, _latencies(clients, plan.room_id), problem)


async def _break_things(
    plan: Plan, talk: Conversation, victims: Victims, happened: list[Happened], progress: Progress, tell: Tell
) -> None:
    """Every kind of fault in a new order each time round, until the time is over; one at least."""
    began = monotonic()
    waiting: list[Fault] = []
    while not happened or monotonic() - began < plan.seconds:
        waiting = waiting or victims.dice.sample(plan.faults, len(plan.faults))
        await asyncio.sleep(victims.dice.uniform(*BETWEEN_SECONDS))
        fault = waiting.pop()
        progress.now = fault.name
        await fault.breaks(victims)
        over = monotonic()
        happened.append(Happened(fault.name, over - began, None))
        seconds = await talk.recovery_seconds(since=over, seconds=RECOVERY_SECONDS)
        happened[-1] = happened[-1]._replace(recovery_seconds=seconds)
        tell(f"{over - began:6.1f} s  {fault.name}: all well again after {seconds:.1f} s")
        progress.now = "talking"
        await victims.mended()


@asynccontextmanager
async def _serving(workers: Sequence[OwnWorker]) -> AsyncIterator[None]:
    try:
        await asyncio.gather(*(worker.start() for worker in workers))
        yield
    finally:
        for worker in workers:
            await worker.kill()


@asynccontextmanager
async def _connected(plan: Plan, workers: Sequence[OwnWorker]) -> AsyncIterator[list[Client]]:
    """Each person at the first worker, the next, … in turn; when it goes, at another."""
    urls = [worker.url for worker in workers]
    clients = []
    for number, token in enumerate(plan.tokens):
        first = number % len(urls)
        clients.append(Client(token, [*urls[first:], *urls[:first]], heartbeat=HEARTBEAT))
    try:
        await asyncio.gather(*(client.start() for client in clients))
        yield clients
    finally:
        await asyncio.gather(*(client.stop() for client in clients))


def _latencies(clients: Sequence[Client], room_id: int) -> list[float]:
    """From the first attempt to send a message to each client's applying it."""
    sent = {client_id: at for client in clients for client_id, at in client.sent.items()}
    heard = [pair for client in clients for pair in client.rooms[room_id].times()]
    return sorted(at - sent[client_id] for client_id, at in heard if client_id in sent)
