"""A peer on a plain TCP socket, which may send what no library would (RFC 6455 §5)."""

import base64
import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from tests.processes import PATIENCE_SECONDS

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class Received(NamedTuple):
    opcode: int
    payload: bytes


class RawPeer:
    """Connected and upgraded. A small `receive_buffer`, in bytes: while it does not read, its kernel takes little."""

    def __init__(
        self, url: str, token: str = "", *, path: str = "/ws/chat/", receive_buffer: int | None = None
    ) -> None:
        address = urlsplit(url)
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE_SECONDS)
        self.socket.connect((address.hostname or "", address.port or 80))
        self._unread = b""
        self._ids = iter(range(1, 1_000_000))
        self.status = self._upgrade(address.netloc, path, token)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.socket.close()

    def send(self, opcode: int, payload: bytes, *, final: bool = True, masked: bool = True, reserved: int = 0) -> None:
        self.socket.sendall(frame(opcode, payload, final=final, masked=masked, reserved=reserved))

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The reply to a command; events before it are thrown away."""
        command_id = next(self._ids)
        self.send(TEXT, json.dumps({"type": kind, "id": command_id, **fields}).encode())
        for received in self.frames():
            if received.opcode == TEXT:
                reply: dict[str, Any] = json.loads(received.payload)
                if reply.get("id") == command_id:
                    return reply
        raise ConnectionError("The socket closed before the reply.")

    def close_code(self) -> int | None:
        """Reads to the end: the code of the close frame, or None where the connection just ended."""
        for received in self.frames():
            if received.opcode == CLOSE:
                return int.from_bytes(received.payload[:2], "big")
        return None

    def frames(self) -> Iterator[Received]:
        """What comes, until the connection ends. Raises TimeoutError when nothing comes."""
        with suppress(ConnectionError, EOFError):
            while True:
                head = self._exactly(2)
                size = head[1] & 0x7F
                if size >= 126:
                    size = int.from_bytes(self._exactly(2 if size == 126 else 8), "big")
                yield Received(head[0] & 0x0F, self._exactly(size))

    def _upgrade(self, host: str, path: str, token: str) -> int:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: live.v1",
            f"Authorization: Bearer {token}",
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self._unread:
            self._read_more()
        head, self._unread = self._unread.split(b"\r\n\r\n", 1)
        return int(head.split()[1])

    def _exactly(self, size: int) -> bytes:
        while len(self._unread) < size:
            self._read_more()
        taken, self._unread = self._unread[:size], self._unread[size:]
        return taken

    def _read_more(self) -> None:
        more = self.socket.recv(65_536)
        if not more:
            raise EOFError
        self._unread += more


def frame(opcode: int, payload: bytes, *, final: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    """Its bytes. The mask is four zeros, which leaves the payload as it is."""
    first = (0x80 if final else 0) | reserved << 4 | opcode
    mask_bit = 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        head = bytes((first, mask_bit | size))
    elif size < 65_536:
        head = bytes((first, mask_bit | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, mask_bit | 127)) + size.to_bytes(8, "big")
    return head + (bytes(4) if masked else b"") + payload
