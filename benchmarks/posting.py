"""Thirty rooms of ten people, one message on its way in each: how many are stored in PostgreSQL and delivered a second.

The stock peer does what tutorials do: `AuthMiddlewareStack`, `Message.objects.create` a frame, then `group_send`.
ejabberd stores nothing.
"""

from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.core import figures
from benchmarks.core.aims import Aim
from benchmarks.core.bench import Bench, Data
from benchmarks.core.meters import cpu_seconds
from benchmarks.core.plots import Dots, Plot
from benchmarks.load.engine import Engine
from benchmarks.load.traffic import closed_loop
from benchmarks.load.websocket import Socket, connect
from benchmarks.peers import Peer, Server, serving
from benchmarks.peers.confab import Confab
from benchmarks.peers.ejabberd import Ejabberd
from benchmarks.peers.stock import Stock

ROOMS = 30
SIZE = 10
SECONDS = 3.0
OURS = "Confab, stored"
PEERS: tuple[Peer, ...] = (
    Confab(stored=True),
    Ejabberd(),
    Stock("uvicorn", "pub/sub", "stored"),
    Stock("daphne", "pub/sub", "stored"),
    Stock("daphne", "pub/sub", "stored", pooled=True),
)
Figures = dict[str, float]


def measure(bench: Bench) -> Data:
    engine = Engine()
    with ExitStack() as stack:
        servers = serving(bench, stack, PEERS, ROOMS, SIZE)
        rooms = {name: _rooms(connect(engine, server.dialect, ROOMS * SIZE)) for name, server in servers.items()}
        engine.rest(3)  # presence and subscriptions settle
        measured: dict[str, list[Figures]] = {name: [] for name in servers}
        for run in range(bench.runs):
            for name, server in servers.items():
                found = _once(bench, engine, server, rooms[name])
                measured[name].append(found)
                told = f"{found['per_second']:,.0f} messages a second, {found['microseconds']:,.0f} µs each"
                bench.say(f"  run {run + 1}, {name}: {told}")
        engine.close()
    return {name: figures.medians(runs) for name, runs in measured.items()}


def _rooms(sockets: list[Socket]) -> list[list[Socket]]:
    return [sockets[first : first + SIZE] for first in range(0, len(sockets), SIZE)]


def _once(bench: Bench, engine: Engine, server: Server, rooms: list[list[Socket]]) -> Figures:
    closed_loop(engine, rooms, on_the_way=1, seconds=SECONDS / 6)  # warm
    before, database_before = cpu_seconds(*server.pids), cpu_seconds(bench.postgres.pid)
    flow = closed_loop(engine, rooms, on_the_way=1, seconds=SECONDS)
    used, database = cpu_seconds(*server.pids) - before, cpu_seconds(bench.postgres.pid) - database_before
    return {
        "per_second": flow.messages / flow.seconds,
        "microseconds": used / flow.messages * 1e6,
        "database_microseconds": database / flow.messages * 1e6,
        "p50_ms": figures.percentile(flow.latencies_seconds, 0.50) * 1e3,
        "p99_ms": figures.percentile(flow.latencies_seconds, 0.99) * 1e3,
    }


def tables(data: Data) -> dict[str, str]:
    ours = data[OURS]["microseconds"]
    columns = [
        *("server", "messages a second", "CPU µs a message", "messages a CPU-second", "Confab's ×"),
        *("PostgreSQL's µs a message", "p50 ms", "p99 ms"),
    ]
    rows = [
        [
            name,
            f"{figure['per_second']:,.0f}",
            f"{figure['microseconds']:,.0f}",
            f"{1e6 / figure['microseconds']:,.0f}",
            figures.ratio(figure["microseconds"], ours),
            f"{figure['database_microseconds']:,.0f}" if "ejabberd" not in name else "stores nothing",
            figures.number(figure["p50_ms"]),
            figures.number(figure["p99_ms"]),
        ]
        for name, figure in sorted(data.items(), key=lambda item: item[1]["microseconds"])
    ]
    return {"table": figures.table(columns, rows)}


def aims(data: Data) -> Iterator[Aim]:
    for peer, limit in (("Channels on daphne, pub/sub, stored", 15), ("ejabberd MUC", 1)):
        if peer in data:
            value = data[peer]["microseconds"] / data[OURS]["microseconds"]
            yield Aim(f"messages a CPU-second: × those of {peer}", value, at_least=limit)


def plots(data: Data) -> list[Plot]:
    return [
        Dots("CPU µs a message, server and Redis", {name: figure["microseconds"] for name, figure in data.items()}),
        Dots("messages a second", {name: figure["per_second"] for name, figure in data.items()}),
    ]
