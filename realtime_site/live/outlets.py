"""The near end of a connection: where the hub and a consumer leave what is to be sent.

Two kinds, one interface. `live/websocket.py` has the fast one, which writes finished frames to the transport.
`QueueOutlet` does the same through ASGI's `send` with one task a socket; it is the way under any other server and in
tests.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, Protocol

from realtime_site.live.closing import Close
from realtime_site.live.meters import meters
from realtime_site.live.rfc6455 import text_frame

# A reader that does not read costs at most this (docs/protocol.md, Limits); then its socket is closed.
SLOW_BYTES = 1024 * 1024
# From here on it gets no typing and presence any more: those are worth nothing late.
CONGESTED_BYTES = 256 * 1024


class Batch:
    """Some frames for many sockets. The bytes are made once, when the first socket asks."""

    def __init__(self, texts: Sequence[tuple[str, bool]]) -> None:
        """`texts`: pairs of a frame's text and whether it is ephemeral (worth nothing late)."""
        self._texts = texts

    @cached_property
    def texts(self) -> list[str]:
        return [text for text, _ in self._texts]

    @cached_property
    def durable_texts(self) -> list[str]:
        return [text for text, ephemeral in self._texts if not ephemeral]

    @cached_property
    def frames(self) -> bytes:
        return b"".join(map(text_frame, self.texts))

    @cached_property
    def durable_frames(self) -> bytes:
        return b"".join(map(text_frame, self.durable_texts))


class Outlet(Protocol):
    """What the hub and a consumer need of a connection. All return at once and never raise.

    A server that has one of its own puts it into `scope["extensions"]["confab.outlet"]`.
    """

    def deliver(self, batch: Batch) -> None: ...

    def send(self, text: str) -> None: ...

    def close(self, code: int) -> None: ...

    def unsent_bytes(self) -> int: ...


class QueueOutlet:
    """Sends through ASGI. At most SLOW_BYTES wait in the queue; past that the socket is closed as too slow."""

    def __init__(self, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self._send = send
        self._waiting: deque[dict[str, Any]] = deque()
        self._unsent = 0
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def deliver(self, batch: Batch) -> None:
        for text in batch.durable_texts if self._unsent > CONGESTED_BYTES else batch.texts:
            self.send(text)

    def send(self, text: str) -> None:
        if self._closing:
            return
        if self._unsent > SLOW_BYTES:
            meters.slow_closed += 1
            self._waiting.clear()
            self.close(Close.TOO_SLOW)
            return
        self._unsent += len(text)
        self._put({"type": "websocket.send", "text": text})

    def close(self, code: int) -> None:
        if not self._closing:
            self._closing = True
            self._put({"type": "websocket.close", "code": int(code)})

    def unsent_bytes(self) -> int:
        """About: characters stand for bytes."""
        return self._unsent

    async def drained(self) -> None:
        """Waits until all that was given here has been handed to the server."""
        if self._task:
            await self._task

    def _put(self, message: dict[str, Any]) -> None:
        self._waiting.append(message)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        # A server may raise whatever it likes once the peer has gone; the consumer hears of that by
        # `websocket.disconnect`.
        with suppress(Exception):
            while self._waiting:
                message = self._waiting.popleft()
                self._unsent -= len(message.get("text", ""))
                await self._send(message)
