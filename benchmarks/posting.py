"""Thirty rooms of ten people, one message on its way in each: how many are stored in PostgreSQL and delivered a second.

The peer does what tutorials do: `AuthMiddlewareStack`, `Message.objects.create` a frame, then `group_send`.
"""

import asyncio
from statistics import median
from typing import NamedTuple

from benchmarks import peers
from benchmarks.load import Peer, Room, Socket, connect, drive
from benchmarks.run import Bench, Table, free_port
from benchmarks.servers import confab, cpu_seconds, stock

ROOMS = 30
SIZE = 10
RUNS = 3


class Figure(NamedTuple):
    per_second: float
    microseconds: float


def run(bench: Bench) -> list[Table]:
    measured = {}
    ours = bench.environment("confab")
    who = peers.people("confab", ROOMS, SIZE, ours)
    with confab(free_port.claim(), bench.log, **ours) as pid:
        measured["confab"] = _measure(bench, peers.confab_message(free_port.last, who), (pid, bench.redis_pid), 200)
    layer = "channels_redis.pubsub.RedisPubSubChannelLayer"
    theirs = bench.environment("stock", STOCK_LAYER=layer)
    who = peers.people("stock", ROOMS, SIZE, theirs)
    with stock(free_port.claim(), bench.log, **theirs) as pid:
        name = "Channels + one ORM create a message"
        peer = peers.stock(name, free_port.last, who, stored=True)
        measured[name] = _measure(bench, peer, (pid, bench.redis_pid), 20)
    fastest = measured["confab"].per_second
    rows = [
        [name, f"{figure.per_second:,.0f}", f"{figure.microseconds:,.0f}", f"{fastest / figure.per_second:.1f}"]
        for name, figure in measured.items()
    ]
    columns = ["server", "messages a second", "server CPU µs a message", "Confab is faster by"]
    return [
        Table(f"Posting: {ROOMS} rooms of {SIZE}, {ROOMS} senders, PostgreSQL and Redis, one worker", columns, rows)
    ]


def _measure(bench: Bench, peer: Peer, pids: tuple[int, ...], messages: int) -> Figure:
    async def measure() -> Figure:
        sockets = await connect(peer, ROOMS * SIZE)
        await asyncio.sleep(3)  # presence and subscriptions settle
        await _once(sockets, 3, pids)
        figures = [await _once(sockets, messages, pids) for _ in range(RUNS)]
        for socket in sockets:
            socket.transport.abort()
        return Figure(*(median(column) for column in zip(*figures, strict=True)))

    figure = asyncio.run(measure())
    bench.say(f"{peer.name}: {figure.per_second:,.0f} messages a second")
    return figure


async def _once(sockets: list[Socket], messages: int, pids: tuple[int, ...]) -> Figure:
    before = cpu_seconds(*pids)
    rooms = [Room(sockets[number * SIZE : (number + 1) * SIZE], 1, messages) for number in range(ROOMS)]
    seconds = await drive(rooms)
    total = ROOMS * messages
    return Figure(total / seconds, (cpu_seconds(*pids) - before) / total * 1e6)
