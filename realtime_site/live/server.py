"""daphne, made fit for many sockets: finished frames straight to the transport, bounded buffers both ways, close
codes, drain.

What it changes, and why (each has a test):
- a consumer finds an outlet in `scope["extensions"]["confab.outlet"]` that takes finished frames to the socket, past
  the layers that daphne's own way goes through for each recipient;
- a peer that sends faster than its commands are answered is not read from (daphne queues without bound, its issue 170);
- protocol errors and too big frames get a close code (1002, 1007, 4413) rather than a reset;
- SIGTERM says goodbye, answers what is in flight, closes with 4503, and only then ends the process;
- the handshake may take long: in a storm of reconnects daphne's 5 s would answer the patient with 403.
"""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from daphne.server import Server, twisted_loop  # isort: skip  # first: it installs Twisted's reactor
from autobahn.twisted.websocket import ConnectionDeny
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor
from twisted.internet.tcp import Connection, Port
from twisted.logger import globalLogBeginner

from realtime_site.live.closing import Close
from realtime_site.live.frames import FRAME_BYTES, encode
from realtime_site.live.hub import Hub, running_hub
from realtime_site.live.outlets import CONGESTED_BYTES, SLOW_BYTES, Batch
from realtime_site.live.presence import presence

logger = logging.getLogger(__name__)

OPEN = WebSocketProtocol.STATE_OPEN

# The kernel's limit for connections waiting to be accepted; daphne's 50 stalls a storm for seconds by SYN retries.
BACKLOG = 2048
# Frames of a socket waiting to be taken by its consumer; past it the peer is not read from until half are taken.
WAITING_FRAMES = 32
# A picture of 5 MB (accounts/avatars.py) and the form around it.
BODY_BYTES = 6 * 1024 * 1024
PING_SECONDS = 20
PONG_SECONDS = 30
CONNECT_SECONDS = 120
# A new socket every 2 ms: what a worker that takes over can authenticate without being late for those it has.
GOODBYE_SPREAD_SECONDS_A_SOCKET = 0.002


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


class LiveRequest(WebRequest):  # type: ignore[misc]
    """An HTTP request of bounded size: daphne keeps the whole body before anybody is asked who sends it."""

    def gotLength(self, length: int | None) -> None:  # noqa: N802  Twisted's name
        self._received = 0
        if length and length > BODY_BYTES:
            self._refuse()
        super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        self._received += len(data)
        if self._received > BODY_BYTES:
            self._refuse()
        else:
            super().handleContentChunk(data)

    def process(self) -> Any:
        self.requestHeaders.removeHeader(b"daphne-root-path")
        return super().process()

    def _refuse(self) -> None:
        self.channel.transport.write(
            b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )
        self.channel.loseConnection()


class LiveHTTPFactory(HTTPFactory):  # type: ignore[misc]
    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = LiveRequest
        return protocol


class LiveWebSocketFactory(WebSocketFactory):  # type: ignore[misc]
    protocol = LiveWebSocketProtocol


class LiveServer(Server):  # type: ignore[misc]
    """`run` listens and serves until SIGTERM or SIGINT has drained it."""

    def __init__(self, application: Any, *, listener: socket.socket, drain_seconds: float, **options: Any) -> None:
        super().__init__(
            application,
            endpoints=["the socket is handed over"],
            ping_interval=PING_SECONDS,
            ping_timeout=PONG_SECONDS,
            websocket_timeout=-1,
            websocket_connect_timeout=CONNECT_SECONDS,
            websocket_max_message_size=FRAME_BYTES,
            websocket_max_frame_size=FRAME_BYTES,
            signal_handlers=False,
            **options,
        )
        self._listener = listener
        self._drain_seconds = drain_seconds
        self._draining: asyncio.Task[None] | None = None

    def run(self) -> None:
        self.connections: dict[Any, dict[str, Any]] = {}
        self.http_factory = LiveHTTPFactory(self)
        self.ws_factory = LiveWebSocketFactory(self, server=self.server_name)
        self.ws_factory.setProtocolOptions(
            autoPingTimeout=self.ping_timeout,
            allowNullOrigin=True,
            openHandshakeTimeout=0,
            closeHandshakeTimeout=2,
            failByDrop=False,
            maxMessagePayloadSize=self.websocket_max_message_size,
            maxFramePayloadSize=self.websocket_max_frame_size,
            tcpNoDelay=True,
        )
        globalLogBeginner.beginLoggingTo([lambda _: None], redirectStandardIO=False, discardBuffer=True)
        asyncio.set_event_loop(twisted_loop)
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        self._port = self._listen()
        for number in (signal.SIGTERM, signal.SIGINT):
            twisted_loop.add_signal_handler(number, self.drain)
        if self.ready_callable:
            reactor.callWhenRunning(self.ready_callable)
        reactor.run(installSignalHandlers=False)

    def _listen(self) -> Port:
        self._listener.setblocking(False)
        port = Port._fromListeningDescriptor(reactor, self._listener.fileno(), self._listener.family, self.http_factory)
        port.startListening()
        return port

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """As daphne's, with a bounded inbox and the direct transport for WebSockets."""
        if scope["type"] != "websocket":
            return super().create_application(protocol, scope)
        scope["asgi"] = {"version": "3.0"}
        # As autobahn read them: what is echoed must be one of these, and daphne decodes percent signs.
        scope["subprotocols"] = list(protocol.request.protocols)
        scope["scheme"] = "ws"
        if isinstance(protocol.transport, Connection):
            scope["extensions"] = {"confab.outlet": DirectOutlet(protocol)}
        inbox = Inbox(protocol)
        send: Callable[[dict[str, Any]], Any] = lambda message: self.handle_reply(protocol, message)  # noqa: E731
        running = self.application(scope, inbox.get, send)
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(running)
        return inbox

    # --- Leaving -----------------------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Lets go of everybody politely; the second signal ends the process at once."""
        if self._draining:
            reactor.stop()
        else:
            self._draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        deadline = time.monotonic() + self._drain_seconds
        hub = running_hub()
        self._port.stopListening()
        if hub:
            self._say_goodbye(hub)
            await self._until(lambda: not hub.sockets and not self._busy(), deadline)
            for consumer in list(hub.sockets):
                consumer.outlet.close(Close.DRAINING)
        # The closing handshakes, and what HTTP still answers.
        await self._until(lambda: not (hub and hub.sockets) and not self._busy(), time.monotonic() + 2)
        reactor.stop()

    def _say_goodbye(self, hub: Hub) -> None:
        hub.draining = True
        presence().farewell()
        longest = min(self._drain_seconds / 2, 0.2 + len(hub.sockets) * GOODBYE_SPREAD_SECONDS_A_SOCKET)
        text = encode({"type": "goodbye", "reason": "restart", "retry_after": [0, round(longest, 3)]})
        for consumer in list(hub.sockets):
            consumer.goodbye(text)

    @staticmethod
    async def _until(done: Callable[[], bool], deadline: float) -> None:
        while not done() and time.monotonic() < deadline:  # noqa: ASYNC110  daphne has no event to wait for
            await asyncio.sleep(0.05)

    def _busy(self) -> bool:
        """Whether anything is still being answered."""
        return any(
            not details["application_instance"].done() and "disconnected" not in details
            for details in self.connections.values()
            if "application_instance" in details
        )

    def kill_all_applications(self) -> None:
        """daphne's waits for applications that may never end and trips over those already reaped; the drain did this
        work.
        """
