"""Somebody who floods: how much later do other people's messages come, and what do fifty readers cost who never read?

Limits are on. The flood is switched on and off many times in the same run: the median of the pairs' ratios counts.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from statistics import median
from subprocess import PIPE, Popen
from typing import Any

from benchmarks.core import figures
from benchmarks.core.aims import Aim
from benchmarks.core.bench import ROOT, Bench, Data
from benchmarks.core.meters import cpu_seconds, forget_peak, memory, peak_kib
from benchmarks.core.plots import Lines, Plot
from benchmarks.load.engine import Engine
from benchmarks.load.traffic import closed_loop, open_loop
from benchmarks.load.websocket import Socket, connect
from benchmarks.peers import Server, serving
from benchmarks.peers.confab import Confab

# The flooder is in one more room, whose others only listen.
ROOMS = 30
SIZE = 10
# Each of ten people half a message a second: far below their limit of five.
PER_SECOND = 5.0
SECONDS = 3.0
# What everybody may send at once, thirty messages and a hundred commands, is no flood yet, and gone after this.
BURST_SECONDS = 2.0
PAIRS = 10
SILENT = 50
# What a signal may carry at most is 4 KiB (docs/protocol.md).
BIG = "x" * 3500
Figures = dict[str, Any]


def measure(bench: Bench) -> Data:
    with ExitStack() as stack:
        server = serving(bench, stack, [Confab(stored=True, rate_limits=True)], ROOMS + 1, SIZE)["Confab, stored"]
        flood = _flood(bench, server)
    with ExitStack() as stack:
        server = serving(bench, stack, [Confab(stored=False)], 1, SILENT + 10)["Confab"]
        silent = _silent(bench, server)
    return {"flood": flood, "silent": silent}


# --- The flood


def _flood(bench: Bench, server: Server) -> Figures:
    engine = Engine()
    *rooms, _ = [connect(engine, server.dialect, SIZE, first=number * SIZE) for number in range(ROOMS + 1)]
    engine.rest(3)
    open_loop(engine, rooms, per_second=PER_SECOND, seconds=1)  # warm
    with _flooder(server, ROOMS * SIZE) as flooder:
        pairs = [_pair(bench, engine, rooms, server, flooder) for _ in range(2 if bench.quick else PAIRS)]
    engine.close()
    return {
        "ratio": median(on["p99_ms"] / off["p99_ms"] for off, on in pairs),
        "ratio_p50": median(on["p50_ms"] / off["p50_ms"] for off, on in pairs),
        "off": figures.medians([off for off, _ in pairs]),
        "on": figures.medians([on for _, on in pairs]),
        "pairs": [(off["p99_ms"], on["p99_ms"]) for off, on in pairs],
    }


def _pair(
    bench: Bench,
    engine: Engine,
    rooms: list[list[Socket]],
    server: Server,
    flooder: Callable[[str], tuple[float, float]],
) -> tuple[dict[str, float], dict[str, float]]:
    flooder("polite")
    engine.rest(BURST_SECONDS)
    off = _phase(engine, rooms, server)
    flooder("off")
    flooder("on")
    engine.rest(BURST_SECONDS)
    on = _phase(engine, rooms, server)
    answers, connections = flooder("off")
    on |= {"commands": answers / (BURST_SECONDS + SECONDS), "connections": connections / (BURST_SECONDS + SECONDS)}
    rates = f"{on['commands']:,.0f} commands, {on['connections']:.1f} connections a second"
    told = f"p99 {off['p99_ms']:.1f} ms beside somebody polite, {on['p99_ms']:.1f} ms with {rates}"
    bench.say(f"  {told}")
    return off, on


def _phase(engine: Engine, rooms: list[list[Socket]], server: Server) -> dict[str, float]:
    before = cpu_seconds(*server.workers)
    flow = open_loop(engine, rooms, per_second=PER_SECOND, seconds=SECONDS)
    return {
        "p50_ms": figures.percentile(flow.latencies_seconds, 0.50) * 1e3,
        "p99_ms": figures.percentile(flow.latencies_seconds, 0.99) * 1e3,
        "cpu": (cpu_seconds(*server.workers) - before) / flow.seconds,
        "commands": 0.0,
        "connections": 0.0,
    }


@contextmanager
def _flooder(server: Server, number: int) -> Iterator[Callable[[str], tuple[float, float]]]:
    """A function that switches it `on` or `off`, and returns how many answers it got, in how many
    connections.
    """
    room = int(json.loads(server.dialect.frame(number, 0))["room"])
    told = {"port": server.dialect.ports[0], "headers": server.dialect.headers(number), "room": room}
    command = [sys.executable, "-m", "benchmarks.load.flooder", json.dumps(told)]
    with Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        stdin, stdout = process.stdin, process.stdout

        def switch(word: str) -> tuple[float, float]:
            stdin.write(word + "\n")
            stdin.flush()
            answers, connections = stdout.readline().split()
            return float(answers), float(connections)

        try:
            yield switch
        finally:
            process.kill()


# --- Those who do not read


def _silent(bench: Bench, server: Server) -> Figures:
    """MiB of the worker while ten people fill a room in which fifty do not read."""
    engine = Engine()
    room = json.loads(server.dialect.frame(0, 0))["room"]
    big = json.dumps({"type": "signal", "id": 1, "room": room, "name": "big", "data": BIG})
    dialect = replace(server.dialect, frame=lambda sender, number: big)
    talkers = connect(engine, dialect, 10)
    engine.rest(3)
    closed_loop(engine, [talkers], on_the_way=8, seconds=1)
    worker = server.workers[0]
    before = memory(worker).resident / 1024
    forget_peak(worker)
    silent = connect(engine, dialect, SILENT, first=10)
    for socket in silent:
        socket.deafen()
    assert not any(socket.was_let_go() for socket in silent)
    closed_loop(engine, [talkers], on_the_way=8, seconds=2 if bench.quick else 10)
    engine.rest(1)
    peak, after = peak_kib(worker) / 1024, memory(worker).resident / 1024
    left = sum(not socket.was_let_go() for socket in silent)
    engine.close()
    bench.say(f"  {SILENT} silent readers: from {before:.0f} MiB to {peak:.0f}; {left} still there")
    return {"readers": SILENT, "before": before, "peak": peak, "after": after, "left": left}


def tables(data: Data) -> dict[str, str]:
    flood, silent = data["flood"], data["silent"]
    columns = ["", "p50 ms", "p99 ms", "worker's CPU", "flooder's commands a second", "connections"]
    rows = [
        [
            name,
            figures.number(figure["p50_ms"]),
            figures.number(figure["p99_ms"]),
            f"{figure['cpu']:.0%}",
            f"{figure['commands']:,.0f}",
            figures.number(figure["connections"]),
        ]
        for name, figure in (("beside somebody polite", flood["off"]), ("in the flood", flood["on"]))
    ]
    return {
        "table": figures.table(columns, rows),
        "ratio": f"{flood['ratio']:.2f}",
        "ratio_p50": f"{flood['ratio_p50']:.2f}",
        "pairs": str(len(flood["pairs"])),
        "readers": str(silent["readers"]),
        "before": figures.number(silent["before"]),
        "peak": figures.number(silent["peak"]),
        "after": figures.number(silent["after"]),
        "each": f"{(silent['peak'] - silent['before']) / silent['readers']:.2f}",
        "left": str(silent["left"]) if silent["left"] else "none",
    }


def aims(data: Data) -> Iterator[Aim]:
    yield Aim("p99 of others' messages in a flood: × beside somebody polite", data["flood"]["ratio"], at_most=1.1)
    silent = data["silent"]
    each = (silent["peak"] - silent["before"]) / silent["readers"]
    yield Aim("MiB a silent reader costs at most", each, at_most=1)


def plots(data: Data) -> list[Plot]:
    pairs = data["flood"]["pairs"]
    series = {
        "beside somebody polite": [(place + 1, off) for place, (off, _) in enumerate(pairs)],
        "in the flood": [(place + 1, on) for place, (_, on) in enumerate(pairs)],
    }
    return [Lines("p99 of others' messages, ms", "turn", "", series, scale="linear")]
