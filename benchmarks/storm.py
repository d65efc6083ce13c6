"""All sockets are cut at once and come back as the protocol says: when are half of them there, when all?

Each waits a random time between nothing and a bound that starts at 0.5 s and doubles with every failure
(docs/protocol.md, "Close codes"). Half of the rooms get a message meanwhile; with Confab a socket is back when it has
that, too.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from time import perf_counter

from benchmarks.core import figures
from benchmarks.core.aims import Aim
from benchmarks.core.bench import Bench, Data
from benchmarks.core.meters import cpu_seconds
from benchmarks.core.plots import Lines, Plot
from benchmarks.load.dialect import Dialect
from benchmarks.load.engine import Engine
from benchmarks.load.websocket import Socket, connect
from benchmarks.peers import Peer, Server, serving
from benchmarks.peers.confab import Confab, catching_up
from benchmarks.peers.stock import Stock

SOCKETS = 2000
SIZE = 10
FIRST_SECONDS, LONGEST_SECONDS = 0.5, 30.0
# A server that has not everybody back by then is not waited for; one that took longer than `LONG_SECONDS` runs once.
PATIENCE_SECONDS = 45.0
LONG_SECONDS = 20.0
OURS = "Confab, stored"
PEERS: tuple[Peer, ...] = (
    Confab(stored=True),
    Stock("daphne", "pub/sub", "logged_in", pooled=True),
    Stock("daphne", "pub/sub", "logged_in"),
)
Figures = dict[str, float]


class Returning:
    """Somebody whose socket was cut, and who comes back."""

    def __init__(self, storm: "Storm", number: int) -> None:
        self._storm, self._number = storm, number
        self._failures = 0
        self._wait()

    def _wait(self) -> None:
        bound = min(LONGEST_SECONDS, FIRST_SECONDS * 2**self._failures)
        self._storm.engine.after(random.random() * bound, self._try)  # noqa: S311

    def _try(self) -> None:
        socket = Socket(self._storm.engine, self._storm.dialect, self._number)
        socket.on_ready, socket.on_lost = lambda: self._storm.back(socket), self._refused

    def _refused(self, why: str) -> None:
        self._failures += 1
        self._storm.refusals += 1
        self._wait()


@dataclass
class Storm:
    engine: Engine
    dialect: Dialect
    refusals: int = 0

    def __post_init__(self) -> None:
        self.began = perf_counter()
        self.seconds: list[float] = []
        self.sockets: list[Socket] = []

    def back(self, socket: Socket) -> None:
        self.seconds.append(perf_counter() - self.began)
        self.sockets.append(socket)
        socket.on_lost = lambda why: None


def measure(bench: Bench) -> Data:
    count = 200 if bench.quick else SOCKETS
    with ExitStack() as stack:
        servers = serving(bench, stack, PEERS, count // SIZE, SIZE)
        measured: dict[str, list[tuple[Figures, list[float]]]] = {name: [] for name in servers}
        for run in range(bench.runs):
            for name, server in servers.items():
                if run and measured[name][0][0]["all"] > LONG_SECONDS:
                    continue
                found, seconds = _once(server, name, count)
                measured[name].append((found, seconds))
                told = ", ".join(f"{key} {value:.1f}" for key, value in found.items())
                bench.say(f"  run {run + 1}, {name}: {told}")
    return {
        name: figures.medians([found for found, _ in runs]) | {"curve": _curve(runs[0][1], count)}
        for name, runs in measured.items()
    }


def _once(server: Server, name: str, count: int) -> tuple[Figures, list[float]]:
    engine, dialect = Engine(), server.dialect
    if name == OURS:
        known: dict[int, int] = {}
        dialect = replace(dialect, opening=catching_up(known.setdefault))
    sockets = connect(engine, dialect, count)
    # One more socket for somebody in every second room, that is not cut.
    talkers = [connect(engine, dialect, 1, first=number)[0] for number in range(0, count, 2 * SIZE)]
    engine.rest(3)
    before = cpu_seconds(*server.pids)
    storm = Storm(engine, dialect)
    for socket in sockets:
        socket.abort()
    for talker in talkers:
        talker.send(server.dialect.frame(talker.number, 0))
    for number in range(count):
        Returning(storm, number)
    _until_back(storm, count)
    used = cpu_seconds(*server.pids) - before
    seconds = sorted(storm.seconds)
    engine.close()
    engine.rest(5)  # the server lets them go
    return {
        "half": _when(seconds, count, 0.5),
        "most": _when(seconds, count, 0.99),
        "all": _when(seconds, count, 1.0),
        "refusals": storm.refusals,
        "missing": count - len(seconds),
        "milliseconds": used / count * 1e3,
    }, seconds


def _until_back(storm: Storm, count: int) -> None:
    until = storm.began + PATIENCE_SECONDS
    storm.engine.run(lambda: len(storm.seconds) == count or perf_counter() > until, PATIENCE_SECONDS + 5)


def _when(seconds: Sequence[float], count: int, part: float) -> float:
    """When this part of all was back; the patience, where it never was."""
    needed = int(count * part)
    return seconds[needed - 1] if len(seconds) >= needed else PATIENCE_SECONDS


def _curve(seconds: Sequence[float], count: int) -> list[tuple[float, float]]:
    """Seconds and per cent, every fiftieth of them."""
    step = max(1, count // 50)
    return [(value, (place + 1) / count * 100) for place, value in enumerate(seconds) if (place + 1) % step == 0]


def tables(data: Data) -> dict[str, str]:
    columns = [
        "server",
        "half are back, s",
        "99 %, s",
        "all, s",
        "refused attempts",
        "not back in time",
        "CPU ms a socket",
    ]
    rows = [
        [
            name,
            *(_seconds(figure[key]) for key in ("half", "most", "all")),
            f"{figure['refusals']:,.0f}",
            f"{figure['missing']:,.0f}",
            figures.number(figure["milliseconds"]),
        ]
        for name, figure in data.items()
    ]
    return {"table": figures.table(columns, rows)}


def _seconds(value: float) -> str:
    return figures.number(value) if value < PATIENCE_SECONDS else f"not within {PATIENCE_SECONDS:.0f}"


def aims(data: Data) -> Iterator[Aim]:
    yield Aim("sockets refused in a storm", data[OURS]["refusals"], at_most=0)
    yield Aim("sockets not back in time after a storm", data[OURS]["missing"], at_most=0)


def plots(data: Data) -> list[Plot]:
    curves = {name: figure["curve"] for name, figure in data.items()}
    return [Lines("sockets that are back, %", "seconds after the cut", "", curves, scale="semilogx", ticks=False)]
