"""One WebSocket of daphne's: finished frames straight to the transport, plain frames straight to the consumer, bounded
buffers both ways, close codes.

What it changes, and why (each has a test):
- a consumer finds an outlet in `scope["extensions"]["confab.outlet"]` that takes finished frames to the socket, past
  the layers that daphne's own way goes through for each recipient;
- the frames that nearly all frames are, whole and plain, are read by `rfc6455.take_texts`; autobahn, whose reader goes
  through a dozen calls a frame, gets the rest;
- a peer that sends faster than its commands are answered is not read from (daphne queues without bound, its issue 170);
- protocol errors and too big frames get a close code (1002, 1007, 4413) rather than a reset.

Knows no consumer and no process; `live/server.py` makes these.
"""

import asyncio
import logging
import time
from typing import Any

from autobahn.twisted.websocket import ConnectionDeny
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

from realtime_site.live.closing import Close
from realtime_site.live.outlets import CONGESTED_BYTES, SLOW_BYTES, Batch
from realtime_site.live.rfc6455 import take_texts

logger = logging.getLogger(__name__)

OPEN = WebSocketProtocol.STATE_OPEN

# Frames of a socket waiting to be taken by its consumer; past it the peer is not read from until half are taken.
WAITING_FRAMES = 32


class DirectOutlet:
    """Writes finished frames to a daphne connection, past autobahn, in order with what autobahn writes.

    Twisted has no public way to ask what the peer's kernel has not taken yet, nor to write without going through
    epoll; hence the private names. `deliver` runs once a socket and event: it is the hottest code there is, and
    deliberately one function.
    """

    __slots__ = ("_protocol",)

    def __init__(self, protocol: "LiveWebSocketProtocol") -> None:
        self._protocol = protocol

    def deliver(self, batch: Batch) -> None:
        protocol = self._protocol
        if protocol.state != OPEN:
            return
        transport = protocol.transport
        unsent = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
        if not unsent:
            frames = batch.frames
            try:
                written = transport.socket.send(frames)
            except BlockingIOError:
                written = 0
            except OSError:  # the peer has gone; the reactor will read that and say so
                return
            if written < len(frames):
                transport.write(frames[written:])
        elif unsent > SLOW_BYTES:
            self.close(Close.TOO_SLOW)
        else:
            transport.write(batch.durable_frames if unsent > CONGESTED_BYTES else batch.frames)

    def unsent_bytes(self) -> int:
        """What the peer's kernel has not taken yet."""
        transport = self._protocol.transport
        return len(transport.dataBuffer) - transport.offset + transport._tempDataLen  # type: ignore[no-any-return]

    def send(self, text: str) -> None:
        self.deliver(Batch([(text, False)]))

    def close(self, code: int) -> None:
        if self._protocol.state == OPEN:
            self._protocol.serverClose(int(code))


class Inbox:
    """The frames of one socket on their way to its consumer. Stops the peer while it is full."""

    __slots__ = ("_paused", "_protocol", "_queue")

    def __init__(self, protocol: "LiveWebSocketProtocol") -> None:
        self._protocol = protocol
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._paused = False

    def put_nowait(self, message: dict[str, Any]) -> None:
        self._queue.put_nowait(message)
        if not self._paused and self._queue.qsize() >= WAITING_FRAMES:
            self._paused = True
            self._protocol.transport.pauseProducing()

    async def get(self) -> dict[str, Any]:
        message = await self._queue.get()
        if self._paused and self._queue.qsize() <= WAITING_FRAMES // 2:
            self._paused = False
            if self._protocol.transport.connected:
                self._protocol.transport.resumeProducing()
        return message


class LiveWebSocketProtocol(WebSocketProtocol):  # type: ignore[misc]  # daphne has no types
    def onConnect(self, request: Any) -> Any:  # noqa: N802  autobahn's name
        """daphne would read a protocol name that is not ASCII with a traceback, and take a root path from anybody."""
        request.headers.pop("daphne-root-path", None)
        if not request.headers.get("sec-websocket-protocol", "").isascii():
            raise ConnectionDeny(400, "Sec-WebSocket-Protocol is not ASCII")
        return super().onConnect(request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  Twisted's name
        if self.state == OPEN and not self.data and self.current_frame is None and not self.inside_message:
            texts, data = take_texts(data)
            if texts:
                self._received(texts)
        if data:
            super().dataReceived(data)

    def _received(self, texts: list[str]) -> None:
        """As autobahn and daphne do together for each: traffic is a sign of life, and the consumer gets the text."""
        if self.autoPingTimeoutCall:
            self._cancelAutoPingTimeoutCall()
        self.last_ping = time.time()
        if not self.muted:
            for text in texts:
                self.application_queue.put_nowait({"type": "websocket.receive", "text": text})

    def onPing(self, payload: bytes) -> None:  # noqa: N802
        """A peer that pings and does not read gets no pongs: they would pile up past every limit."""
        if DirectOutlet(self).unsent_bytes() <= CONGESTED_BYTES:
            super().onPing(payload)

    def handle_exception(self, exception: Exception) -> None:
        """daphne's own may raise, and would take its timers along: of all sockets."""
        try:
            super().handle_exception(exception)
        except Exception:
            self.dropConnection(abort=True)

    def check_timeouts(self) -> None:
        try:
            super().check_timeouts()
        except Exception:
            logger.exception("A socket's time-outs could not be checked; it is dropped")
            self.dropConnection(abort=True)

    def serverSend(self, content: str | bytes, binary: bool = False) -> None:  # noqa: N802  daphne's name
        """autobahn's `sendMessage` would refuse an answer larger than the limit for what is received."""
        if binary or isinstance(content, bytes):
            super().serverSend(content, True)
        else:
            DirectOutlet(self).send(content)

    def handle_reply(self, message: dict[str, Any]) -> None:
        # A peer may leave between a consumer's decision and its words; autobahn would raise for the second close.
        if self.state in {self.STATE_CONNECTING, self.STATE_OPEN}:
            super().handle_reply(message)

    def _max_message_size_exceeded(self, *_: Any) -> None:
        self.failedByMe = True  # autobahn drops what still comes of the frame
        self.sendClose(int(Close.TOO_BIG))


class LiveWebSocketFactory(WebSocketFactory):  # type: ignore[misc]
    protocol = LiveWebSocketProtocol
