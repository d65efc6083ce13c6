"""Somebody comes back who missed 0, 1, 50, 190, 2,000 messages: what that costs until they are up to date.

Confab: the handshake, `welcome`, and `room.sync` where the room has moved on; past 200 messages the newest page
instead. The stock page does what simple chats do: it opens its socket and fetches the last page over HTTP, always.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from time import perf_counter

import psycopg

from benchmarks.core import figures
from benchmarks.core.bench import Bench, Data
from benchmarks.core.meters import cpu_seconds
from benchmarks.core.plots import Lines, Plot
from benchmarks.core.statements import counted
from benchmarks.load.engine import Engine
from benchmarks.load.http import Http
from benchmarks.load.traffic import closed_loop
from benchmarks.load.websocket import Socket, connect
from benchmarks.peers import Server, serving
from benchmarks.peers.confab import Confab, catching_up
from benchmarks.peers.stock import Stock

MISSED = (0, 1, 50, 190, 2000)
PEOPLE = 50
OURS = Confab(stored=True)
THEIRS = Stock("uvicorn", "pub/sub", "logged_in", pooled=True)
Figures = dict[str, float]
# Brings one person back; calls back with the bytes received when they are up to date.
Return = Callable[[Engine, int, Callable[[int], None]], None]


def measure(bench: Bench) -> Data:
    """Missed → peer → figures."""
    with ExitStack() as stack:
        servers = serving(bench, stack, [OURS, THEIRS], rooms=1, size=PEOPLE)
        bench.say(f"  {max(MISSED):,} messages")
        _talk(servers[OURS.name])
        _fill(bench, servers[THEIRS.name])
        data: dict[str, dict[str, Figures]] = {}
        for missed in MISSED:
            ways = {
                OURS.name: _return_to_confab(servers[OURS.name], missed),
                THEIRS.name: _return_to_stock(servers[THEIRS.name]),
            }
            data[str(missed)] = {}
            for name, way in ways.items():
                runs = [_once(bench, servers[name], way) for _ in range(bench.runs)]
                asked = {"queries": _queries(bench, servers[name], way)}
                data[str(missed)][name] = found = figures.medians(runs) | asked
                bench.say(f"  {missed:,} missed, {name}: {found['p50_ms']:.1f} ms, {found['bytes']:,.0f} bytes")
    return data


def _talk(server: Server) -> None:
    engine = Engine()
    sockets = connect(engine, server.dialect, 1)
    sent = 0
    while sent < max(MISSED):
        sent += closed_loop(engine, [sockets], on_the_way=8, seconds=0.5).messages
    engine.close()


def _fill(bench: Bench, server: Server) -> None:
    """As many rows for the stock page, past its slow consumer."""
    rows = "INSERT INTO stock_message (room, author_id, body, created_at) "
    rows += "SELECT '0', (SELECT min(id) FROM auth_user), repeat('x', 75), now() FROM generate_series(1, %s)"
    with psycopg.connect(bench.postgres.database_url(server.database)) as connection:
        connection.execute(rows.encode(), (max(MISSED),))


def _return_to_confab(server: Server, missed: int) -> Return:
    dialect = replace(server.dialect, opening=catching_up(lambda number, seq: seq - missed))

    def way(engine: Engine, number: int, done: Callable[[int], None]) -> None:
        socket = Socket(engine, dialect, number)

        def ready() -> None:
            socket.abort()
            done(socket.received_bytes)

        socket.on_ready, socket.on_lost = ready, _lost

    return way


def _return_to_stock(server: Server) -> Return:
    def way(engine: Engine, number: int, done: Callable[[int], None]) -> None:
        socket = Socket(engine, server.dialect, number)

        def ready() -> None:
            page = Http(engine, server.dialect.ports[0], server.dialect.headers(number))

            def answered(status: int, body: bytes) -> None:
                page.abort()
                socket.abort()
                done(socket.received_bytes + page.received_bytes)

            page.request("GET", "/messages/0/", answered)

        socket.on_ready, socket.on_lost = ready, _lost

    return way


def _lost(why: str) -> None:
    raise ConnectionError(f"refused: {why}")


def _all(engine: Engine, way: Return, numbers: range) -> tuple[list[float], int]:
    """One after the other; the seconds that each took, and the bytes of all."""
    seconds: list[float] = []
    bytes_of_all = 0
    for number in numbers:
        began = perf_counter()

        def done(received: int) -> None:
            nonlocal bytes_of_all
            bytes_of_all += received
            seconds.append(perf_counter() - began)  # noqa: B023  it is called before the next begins

        way(engine, number, done)
        engine.run(lambda: len(seconds) == number - numbers.start + 1)  # noqa: B023
    return seconds, bytes_of_all


def _once(bench: Bench, server: Server, way: Return) -> Figures:
    engine = Engine()
    _all(engine, way, range(5))  # warm
    before, database_before = cpu_seconds(*server.pids), cpu_seconds(bench.postgres.pid)
    seconds, received = _all(engine, way, range(PEOPLE))
    used, database = cpu_seconds(*server.pids) - before, cpu_seconds(bench.postgres.pid) - database_before
    return {
        "p50_ms": figures.percentile(seconds, 0.5) * 1e3,
        "p99_ms": figures.percentile(seconds, 0.99) * 1e3,
        "bytes": received / PEOPLE,
        "milliseconds": used / PEOPLE * 1e3,
        "database_milliseconds": database / PEOPLE * 1e3,
    }


def _queries(bench: Bench, server: Server, way: Return) -> float:
    engine = Engine()
    with counted(bench.postgres, server.database) as asked:
        _all(engine, way, range(10))
    return round(asked.count / 10, 1)


def tables(data: Data) -> dict[str, str]:
    columns = ["missed", "", "ms until up to date", "p99 ms", "bytes received", "queries", "CPU ms", "PostgreSQL's ms"]
    rows = [
        [
            f"{int(missed):,}",
            name,
            figures.number(figure["p50_ms"]),
            figures.number(figure["p99_ms"]),
            f"{figure['bytes']:,.0f}",
            figures.number(figure["queries"]),
            figures.number(figure["milliseconds"]),
            figures.number(figure["database_milliseconds"]),
        ]
        for missed, found in data.items()
        for name, figure in found.items()
    ]
    return {"table": figures.table(columns, rows)}


def plots(data: Data) -> list[Plot]:
    def series(figure: str) -> dict[str, list[tuple[float, float]]]:
        return {
            name: [(int(missed), found[name][figure]) for missed, found in data.items() if missed != "0"]
            for name in (OURS.name, THEIRS.name)
        }

    return [
        Lines("ms until up to date", "messages missed", "", series("p50_ms")),
        Lines("bytes received", "messages missed", "", series("bytes")),
    ]
