"""A hundred people who hear one of them, by WebSocket or by asking over HTTP: what polling.py compares."""

import json
import random
from array import array
from collections.abc import Callable
from itertools import count
from time import perf_counter

from benchmarks.load.dialect import BODY
from benchmarks.load.engine import Engine
from benchmarks.load.http import Http
from benchmarks.load.websocket import Socket, connect
from benchmarks.peers import Server

PEOPLE = 100
HEARTBEAT_SECONDS = 25.0  # docs/protocol.md: what a client of Confab sends while nothing happens


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
