"""Sockets that send, receive and count, cheap enough not to be what is measured. One process drives hundreds.

Frames are counted by a marker in their payload: the load generator parses headers (RFC 6455 §5.2) and no JSON.
"""

import asyncio
import base64
import os
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True)
class Peer:
    """How one server is spoken to."""

    name: str
    port: int
    path: Callable[[int], str]
    headers: Callable[[int], dict[str, str]]
    # The frame that socket number `sender` sends as its message number `n`.
    frame: Callable[[int, int], str]
    # Bytes that every delivered message has and no other frame.
    marker: bytes


class Socket(asyncio.Protocol):
    """One client. `seen` counts delivered messages; `on_message` is called with how many came at once."""

    def __init__(self, peer: Peer, number: int) -> None:
        self.peer, self.number = peer, number
        self.seen = 0
        self.opened = asyncio.get_running_loop().create_future()
        self.on_message: Callable[[int], None] = lambda count: None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        fields = {
            "Host": f"127.0.0.1:{self.peer.port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            **self.peer.headers(self.number),
        }
        lines = [f"GET {self.peer.path(self.number)} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
        transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.done():
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                self.opened.set_exception(ConnectionError(head[:80].decode()))
                return
            self._buffer = rest
            self.opened.set_result(None)
        count = sum(self.peer.marker in payload for payload in self._payloads())
        if count:
            self.seen += count
            self.on_message(count)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("closed during the handshake"))

    def send(self, text: str) -> None:
        """A masked text frame; the mask is zero, which is as valid as any."""
        payload = text.encode()
        length = bytes((0x80 | len(payload),)) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
        self.transport.write(b"\x81" + length + b"\0\0\0\0" + payload)

    def _payloads(self) -> list[bytes]:
        found, data, at = [], self._buffer, 0
        while len(data) - at >= 2:
            size, start = data[at + 1] & 0x7F, at + 2
            extra = {126: 2, 127: 8}.get(size, 0)
            if extra:
                if len(data) < start + extra:
                    break
                size, start = int.from_bytes(data[start : start + extra], "big"), start + extra
            if len(data) < start + size:
                break
            found.append(data[start : start + size])
            if data[at] & 0x0F == 9:  # a ping wants its pong
                self.transport.write(b"\x8a\x80\0\0\0\0")
            at = start + size
        self._buffer = data[at:]
        return found


async def connect(peer: Peer, count: int) -> list[Socket]:
    """`count` sockets, thirty-two handshakes at a time."""
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(32)

    async def one(number: int) -> Socket:
        async with gate:
            _, socket = await loop.create_connection(lambda: Socket(peer, number), "127.0.0.1", peer.port)
            await socket.opened
            return socket

    return await asyncio.gather(*(one(number) for number in range(count)))


class Room:
    """A closed loop: `window` messages are on their way at any time, sent by the members in turn."""

    def __init__(self, sockets: list[Socket], window: int, messages: int) -> None:
        self.sockets, self.window, self.messages = sockets, window, messages
        self._sent = 0
        self._left = len(sockets)
        self._before = [socket.seen for socket in sockets]
        self.done = asyncio.Event()
        for position, socket in enumerate(sockets):
            socket.on_message = self._watcher(position)

    def start(self) -> None:
        for _ in range(min(self.window, self.messages)):
            self._send()

    def _watcher(self, position: int) -> Callable[[int], None]:
        socket, before = self.sockets[position], self._before[position]

        def saw(count: int) -> None:
            if position == 0:
                for _ in range(min(count, self.messages - self._sent)):
                    self._send()
            if socket.seen - before == self.messages:
                self._left -= 1
                if not self._left:
                    self.done.set()

        return saw

    def _send(self) -> None:
        sender = self.sockets[self._sent % len(self.sockets)]
        sender.send(sender.peer.frame(sender.number, self._sent))
        self._sent += 1


async def drive(rooms: list[Room], patience_seconds: float = 300) -> float:
    """Runs the rooms until every member has every message; returns the seconds it took. Raises `TimeoutError`."""
    start = perf_counter()
    for room in rooms:
        room.start()
    async with asyncio.timeout(patience_seconds):
        for room in rooms:
            await room.done.wait()
    return perf_counter() - start
