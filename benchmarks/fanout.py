"""One room, many sockets, one worker: what a delivery costs the server (its CPU and Redis') and how many it makes a
second.

Two loads: one message at a time, and eight on their way. Relayed messages, as the Channels tutorial's are; ours
stored as well.
"""

import asyncio
from statistics import median
from typing import NamedTuple

from benchmarks import peers
from benchmarks.load import Peer, Room, connect, drive
from benchmarks.run import Bench, Table, free_port
from benchmarks.servers import confab, cpu_seconds, stock

SOCKETS = 300
RUNS = 3
WINDOWS = (1, 8)


class Figure(NamedTuple):
    microseconds: float
    per_second: float


def run(bench: Bench) -> list[Table]:
    measured: dict[str, dict[int, Figure]] = {}
    ours = bench.environment("confab")
    who = peers.people("confab", 1, SOCKETS, ours)
    with confab(free_port.claim(), bench.log, **ours) as pid:
        for make, messages in ((peers.confab_signal, 400), (peers.confab_message, 200)):
            peer = make(free_port.last, who)
            measured[peer.name] = _measure(bench, peer, (pid, bench.redis_pid), messages)
    for layer in ("channels_redis.pubsub.RedisPubSubChannelLayer", "channels_redis.core.RedisChannelLayer"):
        name = f"Channels tutorial, {'pub/sub' if 'pubsub' in layer else 'core'} layer"
        theirs = bench.environment("stock", STOCK_LAYER=layer)
        who = peers.people("stock", 1, SOCKETS, theirs)
        with stock(free_port.claim(), bench.log, **theirs) as pid:
            peer = peers.stock(name, free_port.last, who, stored=False)
            measured[name] = _measure(bench, peer, (pid, bench.redis_pid), 40)
    return [_table(measured, window) for window in WINDOWS]


def _measure(bench: Bench, peer: Peer, pids: tuple[int, ...], messages: int) -> dict[int, Figure]:
    async def measure() -> dict[int, Figure]:
        sockets = await connect(peer, SOCKETS)
        await asyncio.sleep(3)  # presence and subscriptions settle; they are not what is measured
        await drive([Room(sockets, 1, 10)])
        result = {}
        for window in WINDOWS:
            figures = [await _once(sockets, window, messages, pids) for _ in range(RUNS)]
            result[window] = Figure(*(median(column) for column in zip(*figures, strict=True)))
            bench.say(f"{peer.name}, {window} on their way: {result[window].microseconds:.1f} µs a delivery")
        for socket in sockets:
            socket.transport.abort()
        return result

    return asyncio.run(measure())


async def _once(sockets: list, window: int, messages: int, pids: tuple[int, ...]) -> Figure:  # type: ignore[type-arg]
    before = cpu_seconds(*pids)
    seconds = await drive([Room(sockets, window, messages)])
    used = cpu_seconds(*pids) - before
    deliveries = len(sockets) * messages
    return Figure(used / deliveries * 1e6, deliveries / seconds)


def _table(measured: dict[str, dict[int, Figure]], window: int) -> Table:
    ours = measured["confab"][window].microseconds
    rows = [
        [
            name,
            f"{figures[window].microseconds:.1f}",
            f"{figures[window].per_second:,.0f}",
            f"{figures[window].microseconds / ours:.1f}",
        ]
        for name, figures in measured.items()
    ]
    load = "one message" if window == 1 else f"{window} messages"
    title = f"Fan-out: one room, {SOCKETS} sockets, one worker with Redis, {load} on the way"
    return Table(title, ["server", "CPU µs a delivery", "deliveries a second", "× Confab's CPU"], rows)
