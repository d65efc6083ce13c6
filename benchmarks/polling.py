"""The same messages to a hundred people by WebSocket, by long polling, and by asking every second.

What goes over the wire, how many requests that is, how late messages are, and what it costs the servers, by how much
is said. Polled is benchmarks/stock/views.py under uvicorn: the same kind of table, session, and person.
"""

import json
import random
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from time import perf_counter

from benchmarks.core import figures
from benchmarks.core.bench import Bench, Data
from benchmarks.core.meters import cpu_seconds
from benchmarks.core.plots import Lines, Plot
from benchmarks.load.dialect import BODY
from benchmarks.load.engine import Engine
from benchmarks.load.http import Http
from benchmarks.load.websocket import Socket, connect
from benchmarks.peers import Server, serving
from benchmarks.peers.confab import Confab
from benchmarks.peers.stock import Stock

PEOPLE = 100
# Messages a second in the room: somebody writes now and then, people talk, it is crowded.
RATES = (0.1, 1.0, 5.0)
SECONDS = 20.0
POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 25.0  # docs/protocol.md: what a client of Confab sends while nothing happens
OURS, POLLED = Confab(stored=True), Stock("uvicorn", "pub/sub", "logged_in", pooled=True)
WEBSOCKET, LONG, SHORT = "Confab", "long polling", "polling every second"
Figures = dict[str, float]


class Audience:
    """What a hundred people see of one another's messages, however they come."""

    def __init__(self, engine: Engine, server: Server) -> None:
        self.engine, self.server = engine, server
        self.requests = 0
        self.received = 0
        self.latencies_seconds = array("d")
        self._sent_at: list[float] = []

    def start(self) -> None:
        raise NotImplementedError

    def send(self) -> None:
        raise NotImplementedError

    def wire_bytes(self) -> int:
        raise NotImplementedError

    def sent(self) -> None:
        self._sent_at.append(perf_counter())

    def saw(self, number: int) -> None:
        """Somebody got message `number`."""
        self.received += 1
        self.latencies_seconds.append(perf_counter() - self._sent_at[number])

    def reset(self) -> None:
        self.requests = 0

    @property
    def complete(self) -> bool:
        return self.received == len(self._sent_at) * PEOPLE


class Sockets(Audience):
    def start(self) -> None:
        self._sockets = connect(self.engine, self.server.dialect, PEOPLE)
        for socket in self._sockets:
            socket.on_message = self._watcher(socket)
            self.engine.after(random.random() * HEARTBEAT_SECONDS, lambda one=socket: self._beat(one))  # noqa: S311

    def send(self) -> None:
        self.sent()
        self.requests += 1
        self._sockets[0].send(self.server.dialect.frame(0, 0))

    def wire_bytes(self) -> int:
        return sum(socket.received_bytes + socket.sent_bytes for socket in self._sockets)

    def _watcher(self, socket: Socket) -> Callable[[int, float], None]:
        def saw(arrived: int, now: float) -> None:
            for number in range(socket.seen - arrived, socket.seen):
                self.saw(number)

        return saw

    def _beat(self, socket: Socket) -> None:
        self.requests += 1
        socket.send('{"type":"ping","id":1}')
        self.engine.after(HEARTBEAT_SECONDS, lambda: self._beat(socket))


class Polls(Audience):
    """`pause_seconds` between an answer and the next question; none for long polls, whose answers wait."""

    def __init__(self, engine: Engine, server: Server, path: str, pause_seconds: float) -> None:
        super().__init__(engine, server)
        self._path, self._pause_seconds = path, pause_seconds

    def start(self) -> None:
        port, headers = self.server.dialect.ports[0], self.server.dialect.headers
        self._connections = [Http(self.engine, port, headers(number)) for number in range(PEOPLE)]
        self._writer = Http(self.engine, port, headers(0))
        known: list[int] = []
        self._connections[0].request("GET", "/messages/0/", lambda status, body: known.append(_newest(body)))
        self.engine.run(lambda: bool(known))
        for connection in self._connections:
            self.engine.after(random.random() * self._pause_seconds, self._poller(connection, known[0]))  # noqa: S311

    def send(self) -> None:
        self.sent()
        self.requests += 1
        self._writer.request("POST", "/messages/0/", lambda status, body: None, json.dumps({"message": BODY}).encode())

    def wire_bytes(self) -> int:
        return sum(one.received_bytes + one.sent_bytes for one in [*self._connections, self._writer])

    def _poller(self, connection: Http, known: int) -> Callable[[], None]:
        numbers = count()

        def ask() -> None:
            self.requests += 1
            connection.request("GET", f"{self._path}?after={known}", answered)

        def answered(status: int, body: bytes) -> None:
            nonlocal known
            for message in json.loads(body)["messages"]:
                known = message["id"]
                self.saw(next(numbers))
            if self._pause_seconds:
                self.engine.after(self._pause_seconds, ask)
            else:
                ask()

        return ask


def _newest(body: bytes) -> int:
    found = json.loads(body)["messages"]
    return int(found[0]["id"]) if found else 0


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
