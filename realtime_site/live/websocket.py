"""One WebSocket under daphne's server: finished frames straight to the transport, commands straight to the consumer,
bounded buffers both ways, close codes.

It stands where daphne would put a protocol of autobahn's, because that costs a megabyte for thirty sockets and a dozen
calls for each frame in and out (docs/decisions/0004-sockets-of-our-own.md). It reads and writes the plain frames
itself; handshakes, closing, fragments, and whatever a peer should not send are the library `websockets`' work.

What else differs from daphne, and why (each has a test):
- a peer that sends faster than its commands are answered is not read from (daphne queues without bound, its issue 170);
- a reader that does not read is let go of;
- protocol errors and too big frames get a close code (1002, 1007, 4413) rather than a reset.

Knows no consumer and no process; `live/server.py` makes these.
"""

import asyncio
from time import monotonic
from typing import Any

from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol
from websockets.frames import CloseCode

from realtime_site.live.closing import Close
from realtime_site.live.frames import FRAME_BYTES
from realtime_site.live.handshake import END_OF_HEAD, Handshake
from realtime_site.live.longhand import Longhand
from realtime_site.live.meters import meters
from realtime_site.live.outlets import CONGESTED_BYTES, SLOW_BYTES, Batch
from realtime_site.live.rfc6455 import BINARY, PING, PONG, frame, take_plain

# Frames of a socket waiting to be taken by its consumer; past it the peer is not read from until half are taken.
WAITING_FRAMES = 32
# A peer that said nothing for PING_SECONDS is asked whether it is there, and given up PONG_SECONDS later.
PING_SECONDS = 20
PONG_SECONDS = 30
# How long a consumer may take to accept: in a storm of reconnects daphne's 5 s would answer the patient with 403.
CONNECT_SECONDS = 120
# For the closing handshake; a peer that has gone does not answer.
CLOSE_SECONDS = 2
# What a peer may still say after our close frame: what was on its way.
LAST_BYTES = 256 * 1024
# Pings and pongs between two looks at the time-outs, 2 s: they are seen by no other limit.
CONTROLS = 500

CONNECTING, OPEN, CLOSING, CLOSED = range(4)


class LiveSocket(Protocol):  # type: ignore[misc]  # Twisted has no types here
    """A connection, from its handshake to its end; to its consumer, `receive` and an `Outlet` in one."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.state = CONNECTING
        self._handshake: Handshake | None = None
        self._inbox: list[dict[str, Any]] = []
        self._taker: asyncio.Future[None] | None = None
        self._paused = False
        self._rest = b""
        self._longhand: Longhand | None = None
        self._heard_at = monotonic()
        self._asked_at: float | None = None
        self._controls = 0
        self._last_bytes = 0
        self._patience: Any = None

    # --- What daphne's server calls ----------------------------------------------------------------------------------

    def connectionMade(self) -> None:  # noqa: N802  Twisted's name
        self.transport.setTcpNoDelay(True)  # an event must not wait until the one before is acknowledged
        self.server.protocol_connected(self)

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        self.state = CLOSED
        if self._patience and self._patience.active():
            self._patience.cancel()
        received = self._longhand.close_rcvd if self._longhand else None
        code = received.code if received else CloseCode.ABNORMAL_CLOSURE
        self.server.protocol_disconnected(self)
        self._put({"type": "websocket.disconnect", "code": int(code)})

    def handle_reply(self, message: dict[str, Any]) -> None:
        """What the application sends. A peer may leave between its decision and its words: then nothing happens."""
        kind = message["type"]
        if kind == "websocket.accept":
            self._accept(message.get("subprotocol"))
        elif kind == "websocket.close" and self.state == CONNECTING:
            self._refuse(403, "Not from here.")
        elif kind == "websocket.close":
            self.close(message.get("code") or int(CloseCode.NORMAL_CLOSURE))
        elif message.get("text") is not None:
            self.send(message["text"])
        else:
            self._write(frame(BINARY, message["bytes"]))

    def handle_exception(self, exception: Exception) -> None:
        if self.state == CONNECTING:
            self._refuse(500, "A fault of the server. It has been logged.")
        else:
            self.close(Close.INTERNAL)

    def check_timeouts(self) -> None:
        now, self._controls = monotonic(), 0
        if self.state == CONNECTING and now - self._heard_at > CONNECT_SECONDS:
            self._refuse(503, "Too busy. Try again.")
        elif self.state != OPEN or now - self._heard_at <= PING_SECONDS:
            return
        elif self._asked_at is None:
            self._asked_at = now
            self._write(frame(PING, b""))
        elif now - self._asked_at > PONG_SECONDS:
            self.transport.abortConnection()

    # --- For the consumer: ASGI's `receive`, and the interface Outlet -------------------------------------------------

    async def receive(self) -> dict[str, Any]:
        while not self._inbox:
            self._taker = asyncio.get_running_loop().create_future()
            await self._taker
        message = self._inbox.pop(0)
        if self._paused and len(self._inbox) <= WAITING_FRAMES // 2:
            self._paused = False
            if self.transport.connected:
                self.transport.resumeProducing()
            if self._rest and self.state == OPEN and not self._longhand:
                self._read(self._rest)
        return message

    def deliver(self, batch: Batch) -> None:
        """Runs once a socket and event: the hottest code there is, and deliberately one function.

        Twisted has no public way to ask what the peer's kernel has not taken yet, nor to write without going through
        epoll; hence the private names.
        """
        if self.state != OPEN:
            return
        transport = self.transport
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
            meters.slow_closed += 1
            self.close(Close.TOO_SLOW)
        else:
            transport.write(batch.durable_frames if unsent > CONGESTED_BYTES else batch.frames)

    def send(self, text: str) -> None:
        self.deliver(Batch([(text, False)]))

    def close(self, code: int) -> None:
        if self.state == OPEN:
            longhand = self._longhand = self._longhand or Longhand()
            if longhand.is_open:
                longhand.send_close(int(code))
            self._follow(longhand)

    def unsent_bytes(self) -> int:
        """What the peer's kernel has not taken yet."""
        transport = self.transport
        return len(transport.dataBuffer) - transport.offset + transport._tempDataLen  # type: ignore[no-any-return]

    # --- Opening -----------------------------------------------------------------------------------------------------

    def _knock(self, data: bytes) -> None:
        """The request's head is there at once: whoever made this socket has seen to that."""
        head, _, self._rest = data.partition(END_OF_HEAD)
        self._handshake = Handshake(head + END_OF_HEAD, server_name=self.server.server_name)
        if self._handshake.refusal:
            self._end_with(self._handshake.refusal)
            return
        peer, host = self.transport.getPeer(), self.transport.getHost()
        scope = self._handshake.scope(client=[peer.host, peer.port], server=[host.host, host.port])
        self._put({"type": "websocket.connect"})
        self.server.serve(self, scope)

    def _accept(self, subprotocol: str | None) -> None:
        if self.state == CONNECTING and self._handshake:
            self.transport.write(self._handshake.accept(subprotocol))
            self._handshake = None
            self.state = OPEN
            if self._rest:
                self.dataReceived(b"")

    def _refuse(self, status: int, text: str) -> None:
        if self._handshake:
            self._end_with(self._handshake.refuse(status, text))

    def _end_with(self, answer: bytes) -> None:
        self.state, self._handshake = CLOSED, None
        self.transport.write(answer)
        self.transport.loseConnection()

    # --- Reading -----------------------------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  Twisted's name
        self._heard_at, self._asked_at = monotonic(), None
        if self.state == CONNECTING:
            if self._handshake is None:
                self._knock(data)
            else:  # it may not speak yet (RFC 6455 §4.1), and not for long
                self._rest += data
                self._put_off()
        elif self.state == CLOSING:
            self._read_last(data)
        elif self._longhand:
            self._read_odd(data)
        elif self.state == OPEN:
            self._read(self._rest + data if self._rest else data)

    def _put_off(self) -> None:
        if len(self._rest) > FRAME_BYTES:
            self.transport.abortConnection()

    def _read(self, data: bytes) -> None:
        taken = take_plain(data, WAITING_FRAMES)
        self._rest = taken.rest
        for text in taken.texts:
            self._put({"type": "websocket.receive", "text": text})
        # Of many pings the last is answered (RFC 6455 §5.5.3); none to a peer that does not read: pongs would pile up.
        if taken.ping is not None and self.unsent_bytes() <= CONGESTED_BYTES:
            self._write(frame(PONG, taken.ping))
        self._controls += taken.controls
        if self._controls > CONTROLS:
            self.close(Close.FLOODING)
        elif taken.odd:
            rest, self._rest = self._rest, b""
            self._read_odd(rest)

    def _read_odd(self, data: bytes) -> None:
        """Once a peer has sent something that is not plain, longhand reads on: it may be in the middle of it."""
        longhand = self._longhand = self._longhand or Longhand()
        for message in longhand.messages_in(data):
            self._put(message)
        self._follow(longhand)

    def _read_last(self, data: bytes) -> None:
        """We have said close; what comes is on its way since before, or somebody who does not stop."""
        assert self._longhand
        self._last_bytes += len(data)
        if self._last_bytes <= LAST_BYTES or self._longhand.eof_sent:
            self._longhand.messages_in(data)
            self._follow(self._longhand)
        else:
            self.transport.abortConnection()

    def _follow(self, longhand: Longhand) -> None:
        """Sends what the longhand wants sent, and ends with it."""
        for data in longhand.data_to_send():
            if data:
                self.transport.write(data)
            elif longhand.close_rcvd:
                self.transport.loseConnection()
            else:
                # It was the peer's fault. To close with its words unread would reset the connection, and our code with
                # it would be lost: only our half is closed.
                self.transport.loseWriteConnection()
        if longhand.is_open and self.unsent_bytes() > SLOW_BYTES:  # it answers pings, whoever reads the answers
            meters.slow_closed += 1
            self.transport.abortConnection()
        if self.state == OPEN and not longhand.is_open:
            self.state = CLOSING
            self._patience = reactor.callLater(CLOSE_SECONDS, self.transport.abortConnection)

    def _put(self, message: dict[str, Any]) -> None:
        self._inbox.append(message)
        if self._taker and not self._taker.done():
            self._taker.set_result(None)
        if not self._paused and len(self._inbox) >= WAITING_FRAMES and self.state == OPEN:
            self._paused = True
            self.transport.pauseProducing()

    def _write(self, data: bytes) -> None:
        """In order with what waits."""
        if self.state == OPEN:
            self.transport.write(data)


class LiveSocketFactory(Factory):  # type: ignore[misc]
    def __init__(self, server: Any) -> None:
        self._server = server

    def buildProtocol(self, addr: Any) -> LiveSocket:  # noqa: N802  Twisted's name
        return LiveSocket(self._server)
