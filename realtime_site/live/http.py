"""The first bytes of a connection, and HTTP requests, bounded. Knows no view."""

from time import monotonic
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.internet.protocol import Protocol

from realtime_site.live.handshake import END_OF_HEAD, is_handshake

# A picture of 5 MB (accounts/avatars.py) and the form around it.
BODY_BYTES = 6 * 1024 * 1024
# A request's head: as much as Twisted takes, and time enough for a phone in a tunnel.
HEAD_BYTES = 16 * 1024
HEAD_SECONDS = 60
# A whole request: 6 MiB at the 20 KB a second of a bad line.
REQUEST_SECONDS = 300
# Answers that wait to be read when the same connection asks on. Only who pipelines does that, and browsers do not.
UNREAD_BYTES = 1024 * 1024


class Doorman(Protocol):  # type: ignore[misc]  # Twisted has no types here
    """Where a connection goes shows in its first request's head: a WebSocket handshake to a socket, all else to daphne.

    By way of daphne's request a handshake would cost twice as much.
    """

    def __init__(self, factory: "LiveHTTPFactory", address: Any) -> None:
        self._factory, self._address = factory, address
        self._head = b""
        self.since = monotonic()

    def connectionMade(self) -> None:  # noqa: N802  Twisted's name
        self._factory.waiting.add(self)

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        self._factory.waiting.discard(self)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self._head += data
        if END_OF_HEAD not in self._head and len(self._head) <= HEAD_BYTES:
            return
        self._factory.waiting.discard(self)
        protocol = self._factory.protocol_for(self._head, self._address)
        self.transport.protocol = protocol
        protocol.makeConnection(self.transport)
        protocol.dataReceived(self._head)


class LiveRequest(WebRequest):  # type: ignore[misc]
    """An HTTP request of bounded size, in bounded time. daphne keeps the whole body before anybody is asked who sends
    it, waits for the next byte again and again, and keeps what is not read.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._began = monotonic()
        super().__init__(*args, **kwargs)

    def check_timeouts(self) -> None:
        if not hasattr(self, "request_start") and monotonic() - self._began > REQUEST_SECONDS:
            self.channel.transport.abortConnection()
        else:
            super().check_timeouts()

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
        transport = self.channel.transport
        if unread(transport) > UNREAD_BYTES:
            transport.abortConnection()  # it asks on and on, and does not read what it is answered
            return None
        self.requestHeaders.removeHeader(b"daphne-root-path")
        return super().process()

    def _refuse(self) -> None:
        self.channel.transport.write(
            b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )
        self.channel.loseConnection()


def unread(transport: Any) -> int:
    """Bytes that were written and wait to be read by the other end."""
    return len(transport.dataBuffer) + int(transport._tempDataLen)


class LiveHTTPFactory(HTTPFactory):  # type: ignore[misc]
    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.waiting: set[Doorman] = set()

    def buildProtocol(self, addr: Any) -> Doorman:  # noqa: N802
        return Doorman(self, addr)

    def protocol_for(self, data: bytes, address: Any) -> Any:
        if is_handshake(data):
            return self.server.ws_factory.buildProtocol(address)
        protocol = super().buildProtocol(address)
        protocol.requestFactory = LiveRequest
        return protocol

    def let_go_of_the_slow(self) -> None:
        """Connections that have not said what they want."""
        for doorman in [one for one in self.waiting if monotonic() - one.since > HEAD_SECONDS]:
            doorman.transport.abortConnection()
