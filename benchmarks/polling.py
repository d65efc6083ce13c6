"""The same messages to a hundred people by WebSocket, by long polling, and by asking every second.

What goes over the wire, how many requests that is, how late messages are, and what it costs the servers, by how much
is said. Polled is benchmarks/stock/views.py under uvicorn: the same kind of table, session, and person.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from time import perf_counter

from benchmarks.audiences import PEOPLE, Audience, Polls, Sockets
from benchmarks.core import figures
from benchmarks.core.bench import Bench, Data
from benchmarks.core.meters import cpu_seconds
from benchmarks.core.plots import Lines, Plot
from benchmarks.load.engine import Engine
from benchmarks.peers import Server, serving
from benchmarks.peers.confab import Confab
from benchmarks.peers.stock import Stock

# Messages a second in the room: somebody writes now and then, people talk, it is crowded.
RATES = (0.2, 1.0, 5.0)
SECONDS = 15.0
POLL_SECONDS = 1.0
OURS, POLLED = Confab(stored=True), Stock("uvicorn", "pub/sub", "logged_in", pooled=True)
WEBSOCKET, LONG, SHORT = "Confab", "long polling", "polling every second"
Figures = dict[str, float]


def measure(bench: Bench) -> Data:
    """Rate → way → figures."""
    rates = RATES[1:2] if bench.quick else RATES
    with ExitStack() as stack:
        servers = serving(bench, stack, [OURS, POLLED], rooms=1, size=PEOPLE)
        data: dict[str, dict[str, Figures]] = {}
        for rate in rates:
            data[str(rate)] = {}
            for name, audience in _ways(servers[OURS.name], servers[POLLED.name]):
                data[str(rate)][name] = found = _once(bench, audience, rate, 5 if bench.quick else SECONDS)
                told = f"{found['bytes']:,.0f} bytes a minute each, {found['p50_ms']:.1f} ms late"
                bench.say(f"  {rate} messages a second, {name}: {told}")
    return data


def _ways(ours: Server, polled: Server) -> Iterator[tuple[str, Audience]]:
    yield WEBSOCKET, Sockets(Engine(), ours)
    yield LONG, Polls(Engine(), polled, "/messages/0/wait/", 0)
    yield SHORT, Polls(Engine(), polled, "/messages/0/", POLL_SECONDS)


def _once(bench: Bench, audience: Audience, rate: float, seconds: float) -> Figures:
    engine = audience.engine
    audience.start()
    engine.rest(3)  # everybody is there
    audience.reset()
    before, database_before = cpu_seconds(*audience.server.pids), cpu_seconds(bench.postgres.pid)
    wire, began = audience.wire_bytes(), perf_counter()

    def speak() -> None:
        if perf_counter() < began + seconds:
            audience.send()
            engine.after(1 / rate, speak)

    engine.after(min(1 / rate, seconds) / 2, speak)
    engine.run(lambda: perf_counter() >= began + seconds and audience.complete)
    took = perf_counter() - began
    used, database = cpu_seconds(*audience.server.pids) - before, cpu_seconds(bench.postgres.pid) - database_before
    each_minute = 60 / took / PEOPLE
    found = {
        "bytes": (audience.wire_bytes() - wire) * each_minute,
        "requests": audience.requests * each_minute,
        "p50_ms": figures.percentile(audience.latencies_seconds, 0.5) * 1e3,
        "p99_ms": figures.percentile(audience.latencies_seconds, 0.99) * 1e3,
        "milliseconds": used / took * 1e3,
        "database_milliseconds": database / took * 1e3,
    }
    engine.close()
    return found


def tables(data: Data) -> dict[str, str]:
    columns = [
        *("messages a second", "", "bytes a person and minute", "× Confab's", "requests a person and minute"),
        *("p50 ms", "p99 ms", "CPU ms a second", "PostgreSQL's"),
    ]
    rows = [
        [
            rate,
            name,
            f"{figure['bytes']:,.0f}",
            figures.ratio(figure["bytes"], found[WEBSOCKET]["bytes"]),
            figures.number(figure["requests"]),
            figures.number(figure["p50_ms"]),
            figures.number(figure["p99_ms"]),
            figures.number(figure["milliseconds"]),
            figures.number(figure["database_milliseconds"]),
        ]
        for rate, found in data.items()
        for name, figure in found.items()
    ]
    return {"table": figures.table(columns, rows)}


def plots(data: Data) -> list[Plot]:
    def series(figure: str) -> dict[str, list[tuple[float, float]]]:
        return {
            name: [(float(rate), found[name][figure]) for rate, found in data.items()]
            for name in (WEBSOCKET, LONG, SHORT)
        }

    return [
        Lines("bytes a person and minute", "messages a second", "", series("bytes")),
        Lines("ms late, the median", "messages a second", "", series("p50_ms")),
        Lines("server CPU, ms a second", "messages a second", "", series("milliseconds")),
    ]
