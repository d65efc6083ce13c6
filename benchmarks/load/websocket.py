"""One client: a WebSocket (RFC 6455), or a plain stream, that counts the messages delivered to it.

Frame headers are parsed, payloads are not: a delivered message is known by its dialect's marker.
"""

import base64
import os
from collections.abc import Callable
from time import perf_counter

from benchmarks.load.dialect import Dialect
from benchmarks.load.engine import PATIENCE_SECONDS, Connection, Engine

PING, CLOSE = 0x89, 0x88  # with the FIN bit; RFC 6455 §5.2
HANDSHAKES_AT_ONCE = 32


class Socket(Connection):
    """`seen` counts delivered messages; `on_message` is told how many came at once, and when."""

    def __init__(self, engine: Engine, dialect: Dialect, number: int) -> None:
        self.dialect, self.number = dialect, number
        self.seen = 0
        self.ready = False
        self.on_ready: Callable[[], None] = lambda: None
        self.on_message: Callable[[int, float], None] = lambda count, now: None
        self._opening = dialect.opening(number)
        self._rest = b""
        self._read = self._read_handshake if dialect.framed else self._read_stream
        super().__init__(engine, dialect.ports[number % len(dialect.ports)])

    def connected(self) -> None:
        if not self.dialect.framed:
            self._begin()
            return
        fields = {
            "Host": f"127.0.0.1:{self.dialect.ports[self.number % len(self.dialect.ports)]}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **self.dialect.headers(self.number),
        }
        lines = [f"GET {self.dialect.path(self.number)} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
        self.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def received(self, data: bytes) -> None:
        self._read(data)

    def send(self, text: str) -> None:
        """A masked text frame; the mask is zero, which is as valid as any."""
        payload = text.encode()
        self.write(client_frame(payload) if self.dialect.framed else payload)

    # --- What comes ------------------------------------------------------------------------------------------------

    def _read_handshake(self, data: bytes) -> None:
        head, found, rest = (self._rest + data).partition(b"\r\n\r\n")
        if not found:
            self._rest = head
        elif b" 101 " in head.split(b"\r\n")[0]:
            self._rest, self._read = b"", self._read_frames
            self._begin()
            if rest and self.alive:
                self._read_frames(rest)
        else:
            self.lost(head.split(b"\r\n")[0].decode())

    def _read_frames(self, data: bytes) -> None:
        """The hot path: as little as possible for each frame."""
        if self._rest:
            data = self._rest + data
        at, end = 0, len(data)
        while end - at >= 2:
            size, start = data[at + 1], at + 2
            if size >= 126:
                start += 2 if size == 126 else 8
                if start > end:
                    break
                size = int.from_bytes(data[at + 2 : start], "big")
            if start + size > end:
                break
            if not self.ready or data[at] != 0x81 or size == 1:
                self._unusual(data[at], data[start : start + size])
            at = start + size
        self._rest = data[at:]
        self._count(data.count(self.dialect.marker, 0, at))

    def _read_stream(self, data: bytes) -> None:
        if not self.ready:
            self._advance(data)
            return
        marker = self.dialect.marker
        data = self._rest + data
        self._rest = data[-len(marker) + 1 :]  # a marker cut in two is counted when its end has come
        self._count(data.count(marker))

    def _count(self, count: int) -> None:
        if count and self.ready:
            self.seen += count
            self.on_message(count, perf_counter())

    def _unusual(self, head: int, payload: bytes) -> None:
        if head == PING:
            self.write(b"\x8a" + bytes((0x80 | len(payload),)) + b"\0\0\0\0" + payload)
        elif head == CLOSE:
            self.lost(f"close {int.from_bytes(payload[:2], 'big')}")
        elif self.dialect.beat and payload == self.dialect.beat[0]:
            self.send(self.dialect.beat[1])
        elif not self.ready:
            self._advance(payload)

    # --- Until it takes part ---------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._advance(None)

    def _advance(self, payload: bytes | None) -> None:
        try:
            answer = next(self._opening) if payload is None else self._opening.send(payload)
        except StopIteration:
            self.ready = True
            self.on_ready()
            return
        if answer is not None:
            self.send(answer)


def client_frame(payload: bytes) -> bytes:
    """A masked text frame; the mask is zero, which is as valid as any (RFC 6455 §5.3)."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return b"\x81" + length + b"\0\0\0\0" + payload


def connect(engine: Engine, dialect: Dialect, count: int, first: int = 0) -> list[Socket]:
    """`count` sockets, thirty-two handshakes at a time. Raises `ConnectionError` when one is refused."""
    sockets: list[Socket] = []
    refused: list[str] = []
    ready = 0

    def another() -> None:
        if len(sockets) < count:
            socket = Socket(engine, dialect, first + len(sockets))
            sockets.append(socket)
            socket.on_ready, socket.on_lost = came, refused.append

    def came() -> None:
        nonlocal ready
        ready += 1
        another()

    for _ in range(HANDSHAKES_AT_ONCE):
        another()
    engine.run(lambda: ready == count or bool(refused), PATIENCE_SECONDS)
    if refused:
        raise ConnectionError(f"a handshake was refused: {refused[0]}")
    for socket in sockets:
        socket.on_ready = lambda: None
        socket.on_lost = _raise
    return sockets


def _raise(why: str) -> None:
    raise ConnectionError(f"a server let a socket go: {why}")
