"""People who are logged in connect, thirty-two at a time: how many a second, what one costs, how many queries it is."""

from collections.abc import Iterator
from contextlib import ExitStack
from time import perf_counter

from benchmarks.core import figures
from benchmarks.core.aims import Aim
from benchmarks.core.bench import Bench, Data
from benchmarks.core.meters import cpu_seconds
from benchmarks.core.plots import Dots, Plot
from benchmarks.core.statements import counted
from benchmarks.load.engine import Engine
from benchmarks.load.websocket import connect
from benchmarks.peers import Peer, Server, serving
from benchmarks.peers.confab import Confab
from benchmarks.peers.stock import Stock

ROOMS = 50
SIZE = 10
OURS = "Confab"
PEERS: tuple[Peer, ...] = (
    Confab(stored=False),
    Stock("uvicorn", "pub/sub", "logged_in"),
    Stock("daphne", "pub/sub", "logged_in"),
    Stock("daphne", "pub/sub", "logged_in", pooled=True),
)
Figures = dict[str, float]


def measure(bench: Bench) -> Data:
    people = 300 if bench.quick else ROOMS * SIZE
    engine = Engine()
    with ExitStack() as stack:
        servers = serving(bench, stack, PEERS, ROOMS, SIZE)
        measured: dict[str, list[Figures]] = {name: [] for name in servers}
        for run in range(bench.runs):
            for name, server in servers.items():
                found = _once(bench, engine, server, people)
                measured[name].append(found)
                bench.say(f"  run {run + 1}, {name}: {found['per_second']:,.0f} a second")
        queries = {name: _queries(bench, engine, server) for name, server in servers.items()}
        engine.close()
    return {name: figures.medians(runs) | {"queries": queries[name]} for name, runs in measured.items()}


def _once(bench: Bench, engine: Engine, server: Server, people: int) -> Figures:
    sockets = connect(engine, server.dialect, 64)  # warm: connections to the database, caches
    before, database_before = cpu_seconds(*server.pids), cpu_seconds(bench.postgres.pid)
    began = perf_counter()
    sockets += connect(engine, server.dialect, people - 64, first=64)
    seconds, count = perf_counter() - began, people - 64
    used, database = cpu_seconds(*server.pids) - before, cpu_seconds(bench.postgres.pid) - database_before
    for socket in sockets:
        socket.abort()
    engine.rest(2)  # the server lets them go
    return {
        "per_second": count / seconds,
        "microseconds": used / count * 1e6,
        "database_microseconds": database / count * 1e6,
    }


def _queries(bench: Bench, engine: Engine, server: Server) -> float:
    """What one handshake asks the database."""
    with counted(bench.postgres, server.database) as asked:
        for socket in connect(engine, server.dialect, 10):
            socket.abort()
    return asked.count / 10


def tables(data: Data) -> dict[str, str]:
    ours = data[OURS]
    columns = [
        *("server", "connects a second", "Confab's ×", "CPU ms a connect", "× Confab's", "PostgreSQL's ms", "queries"),
    ]
    rows = [
        [
            name,
            f"{figure['per_second']:,.0f}",
            figures.ratio(ours["per_second"], figure["per_second"]),
            figures.number(figure["microseconds"] / 1e3),
            figures.ratio(figure["microseconds"], ours["microseconds"]),
            figures.number(figure["database_microseconds"] / 1e3),
            figures.number(figure["queries"]),
        ]
        for name, figure in sorted(data.items(), key=lambda item: -item[1]["per_second"])
    ]
    return {"table": figures.table(columns, rows)}


def aims(data: Data) -> Iterator[Aim]:
    peer = "Channels on daphne, pub/sub, logged in"
    yield Aim(f"connects a second: × those of {peer}", data[OURS]["per_second"] / data[peer]["per_second"], at_least=4)
    yield Aim("queries of a connect", data[OURS]["queries"], at_most=3)


def plots(data: Data) -> list[Plot]:
    return [
        Dots("connects a second", {name: figure["per_second"] for name, figure in data.items()}),
        Dots("CPU ms a connect", {name: figure["microseconds"] / 1e3 for name, figure in data.items()}),
    ]
