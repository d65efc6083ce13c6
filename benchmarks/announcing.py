"""An announcement to ten thousand people while three hundred talk: how much later do their messages come?

`manage.py announce`, by turns with nothing, many times in the same run; the median of the turns' ratios counts.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from typing import Any

from benchmarks.core import figures
from benchmarks.core.aims import Aim
from benchmarks.core.bench import ROOT, Bench, Data
from benchmarks.core.plots import Lines, Plot
from benchmarks.core.statements import counted
from benchmarks.load.engine import Engine
from benchmarks.load.traffic import open_loop
from benchmarks.load.websocket import Socket, connect
from benchmarks.peers import Server, serving
from benchmarks.peers.confab import Confab

ROOMS = 30
SIZE = 10
# Who talks is among them; the others are elsewhere.
EVERYBODY = 10_000
PER_SECOND = 5.0
# As long as the announcement takes here, with its rests.
SECONDS = 18.0
PAIRS = 6
Figures = dict[str, Any]


def measure(bench: Bench) -> Data:
    with ExitStack() as stack:
        server = serving(bench, stack, [Confab(stored=True)], ROOMS, SIZE)["Confab, stored"]
        _fill(server, EVERYBODY - ROOMS * SIZE)
        engine = Engine()
        sockets = connect(engine, server.dialect, ROOMS * SIZE)
        rooms = [sockets[first : first + SIZE] for first in range(0, len(sockets), SIZE)]
        engine.rest(3)
        open_loop(engine, rooms, per_second=PER_SECOND, seconds=1)  # warm
        pairs = [_pair(bench, engine, rooms, server) for _ in range(2 if bench.quick else PAIRS)]
        engine.close()
        queries = _queries(bench, server)
    return {
        "ratio": median(on["p99_ms"] / off["p99_ms"] for off, on in pairs),
        "ratio_p50": median(on["p50_ms"] / off["p50_ms"] for off, on in pairs),
        "off": figures.medians([off for off, _ in pairs]),
        "on": figures.medians([on for _, on in pairs]),
        "pairs": [(off["p99_ms"], on["p99_ms"]) for off, on in pairs],
        "queries": queries,
    }


def _fill(server: Server, count: int) -> None:
    code = (
        "from django.contrib.auth import get_user_model as model; user = model();"
        f"user.objects.bulk_create([user(username=f'reader{{n}}') for n in range({count})], batch_size=1000)"
    )
    subprocess.run([sys.executable, "manage.py", "shell", "-c", code], env=server.environment, cwd=ROOT, check=True)


def _announce(server: Server) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "manage.py", "announce", "The kitchen is closed at four today."]
    return subprocess.Popen(command, env=server.environment, cwd=ROOT, stdout=subprocess.DEVNULL)


def _pair(
    bench: Bench, engine: Engine, rooms: list[list[Socket]], server: Server
) -> tuple[dict[str, float], dict[str, float]]:
    off = _phase(engine, rooms)
    with _announce(server) as announcing:
        on = _phase(engine, rooms)
        assert announcing.wait() == 0
    engine.rest(1)
    bench.say(f"  p99 {off['p99_ms']:.1f} ms without, {on['p99_ms']:.1f} ms while 10,000 are told")
    return off, on


def _phase(engine: Engine, rooms: list[list[Socket]]) -> dict[str, float]:
    flow = open_loop(engine, rooms, per_second=PER_SECOND, seconds=SECONDS)
    return {
        "p50_ms": figures.percentile(flow.latencies_seconds, 0.50) * 1e3,
        "p99_ms": figures.percentile(flow.latencies_seconds, 0.99) * 1e3,
    }


def _queries(bench: Bench, server: Server) -> float:
    """For each thousand people, transactions' own statements left out."""
    with counted(bench.postgres, server.database) as asked, _announce(server) as announcing:
        assert announcing.wait() == 0
    return asked.count / (EVERYBODY / 1000)


def tables(data: Data) -> dict[str, str]:
    rows = [
        [name, *(figures.number(data[which][what]) for what in ("p50_ms", "p99_ms"))]
        for name, which in (("nothing else", "off"), ("10,000 people are told", "on"))
    ]
    return {
        "table": figures.table(["", "p50 ms", "p99 ms"], rows),
        "ratio": figures.number(data["ratio"]),
        "ratio_p50": figures.number(data["ratio_p50"]),
        "queries": figures.number(data["queries"]),
        "pairs": str(len(data["pairs"])),
    }


def aims(data: Data) -> Iterator[Aim]:
    yield Aim("p99 of chat while 10,000 people are told, × without", data["ratio"], at_most=1.2)
    yield Aim("queries of an announcement for each thousand people", data["queries"], at_most=12)


def plots(data: Data) -> list[Plot]:
    off, on = zip(*data["pairs"], strict=True)
    series = {"nothing else": list(enumerate(off, 1)), "10,000 people are told": list(enumerate(on, 1))}
    return [Lines("p99 of messages, ms", "turn", "", series, scale="linear")]
