"""One room on 1, 2 and 4 workers, its sockets spread evenly: what a delivery costs then, and what Redis has to do."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from benchmarks.core import figures
from benchmarks.core.aims import Aim
from benchmarks.core.bench import Bench, Data
from benchmarks.core.meters import cpu_seconds
from benchmarks.core.plots import Lines, Plot
from benchmarks.load.engine import Engine
from benchmarks.load.traffic import closed_loop
from benchmarks.load.websocket import Socket, connect
from benchmarks.peers import Peer, Server, serving
from benchmarks.peers.confab import Confab
from benchmarks.peers.stock import Stock

WORKERS = (1, 2, 4)
SIZES = (100, 300, 600)
SECONDS = 0.8
OURS, THEIRS = "Confab", "Channels on daphne, pub/sub"
Figures = dict[str, float]


def measure(bench: Bench) -> Data:
    """Size → workers → peer → figures."""
    sizes = (100,) if bench.quick else SIZES
    with ExitStack() as stack:
        servers = {}
        for workers in WORKERS:
            peers: list[Peer] = [Confab(stored=False, workers=workers), Stock("daphne", "pub/sub", workers=workers)]
            servers[workers] = serving(bench, stack, peers, rooms=1, size=max(sizes))
        return {str(size): _measure(bench, servers, size) for size in sizes}


def _measure(bench: Bench, servers: Mapping[int, Mapping[str, Server]], size: int) -> dict[str, dict[str, Figures]]:
    engine = Engine()
    every = [(workers, name, server) for workers, found in servers.items() for name, server in found.items()]
    sockets = {(workers, name): connect(engine, server.dialect, size) for workers, name, server in every}
    engine.rest(3)  # presence and subscriptions settle
    runs: dict[tuple[int, str], list[Figures]] = {key: [] for key in sockets}
    for run in range(bench.runs):
        for workers, name, server in every:
            found = dict(_once(engine, server, sockets[workers, name]))
            runs[workers, name].append(found)
            told = (
                f"{found['one_microseconds']:.1f} µs a delivery, {found['one_commands']:.1f} Redis commands a message"
            )
            bench.say(f"  run {run + 1}, {size} sockets on {workers} workers, {name}: {told}")
    engine.close()
    return {
        str(workers): {name: figures.medians(runs[workers, name]) for name in found}
        for workers, found in servers.items()
    }


def _once(engine: Engine, server: Server, sockets: list[Socket]) -> Iterator[tuple[str, float]]:
    closed_loop(engine, [sockets], on_the_way=1, seconds=SECONDS / 4)  # warm
    for load, on_the_way in (("one", 1), ("eight", 8)):
        before, all_before, commands = cpu_seconds(*server.workers), cpu_seconds(*server.pids), _commands(server)
        flow = closed_loop(engine, [sockets], on_the_way=on_the_way, seconds=SECONDS)
        yield f"{load}_workers_microseconds", (cpu_seconds(*server.workers) - before) / flow.deliveries * 1e6
        yield f"{load}_microseconds", (cpu_seconds(*server.pids) - all_before) / flow.deliveries * 1e6
        yield f"{load}_commands", (_commands(server) - commands - 1) / flow.messages  # the question counts, too


def _commands(server: Server) -> int:
    assert server.redis
    told = server.redis.cli("INFO", "stats")
    assert isinstance(told, dict)
    return int(told["total_commands_processed"])


def tables(data: Data) -> dict[str, str]:
    return {"table": "\n".join(_table(name, data) for name in (OURS, THEIRS))}


def _table(name: str, data: Data) -> str:
    columns = [
        *(
            "sockets",
            "workers",
            "one: CPU µs a delivery",
            "× one worker's",
            "without Redis'",
            "Redis commands a message",
        ),
        *("eight: CPU µs", "× one worker's", "Redis commands a message"),
    ]
    rows = []
    for size, found in data.items():
        for workers, peers in found.items():
            figure, alone = peers[name], found["1"][name]
            rows.append(
                [
                    size,
                    workers,
                    figures.number(figure["one_microseconds"]),
                    figures.ratio(figure["one_microseconds"], alone["one_microseconds"]),
                    figures.number(figure["one_workers_microseconds"]),
                    figures.number(figure["one_commands"]),
                    figures.number(figure["eight_microseconds"]),
                    figures.ratio(figure["eight_microseconds"], alone["eight_microseconds"]),
                    figures.number(figure["eight_commands"]),
                ]
            )
    return f"**{name}**\n\n" + figures.table(columns, rows)


def aims(data: Data) -> Iterator[Aim]:
    if "300" in data:
        two, one = (data["300"][workers][OURS]["one_microseconds"] for workers in ("2", "1"))
        yield Aim("CPU of a delivery on two workers, 300 sockets: × one worker's", two / one, at_most=1.2)
    few, many = (data[size]["2"][OURS]["one_commands"] for size in (min(data, key=int), max(data, key=int)))
    yield Aim("Redis commands of a message, many sockets: × those with few", many / few, at_most=1.1)


def plots(data: Data) -> list[Plot]:
    size = "300" if "300" in data else next(iter(data))

    def series(figure: str) -> dict[str, list[tuple[float, float]]]:
        return {
            name: [(int(workers), peers[name][figure]) for workers, peers in data[size].items()]
            for name in (OURS, THEIRS)
        }

    return [
        Lines(f"CPU µs a delivery, {size} sockets", "workers", "", series("one_microseconds")),
        Lines(f"Redis commands a message, {size} sockets", "workers", "", series("one_commands"), scale="linear"),
    ]
