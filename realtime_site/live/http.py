"""The first bytes of a connection, and HTTP requests, bounded. Knows no view."""

from time import monotonic
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.internet.protocol import Protocol

from realtime_site.live.handshake import is_handshake

# A picture of 5 MB (accounts/avatars.py) and the form around it.
BODY_BYTES = 6 * 1024 * 1024
# As long as Twisted waits for a request that has begun.
SILENT_SECONDS = 60


class Doorman(Protocol):  # type: ignore[misc]  # Twisted has no types here
    """Where a connection goes shows in its first bytes: a whole WebSocket handshake to a socket, all else to daphne.

    By way of daphne's request a handshake costs twice as much; one that comes in pieces still goes that way.
    """

    def __init__(self, factory: "LiveHTTPFactory", address: Any) -> None:
        self._factory, self._address = factory, address
        self.since = monotonic()

    def connectionMade(self) -> None:  # noqa: N802  Twisted's name
        self._factory.silent.add(self)

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        self._factory.silent.discard(self)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self._factory.silent.discard(self)
        protocol = self._factory.protocol_for(data, self._address)
        self.transport.protocol = protocol
        protocol.makeConnection(self.transport)
        protocol.dataReceived(data)


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
    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.silent: set[Doorman] = set()

    def buildProtocol(self, addr: Any) -> Doorman:  # noqa: N802
        return Doorman(self, addr)

    def protocol_for(self, data: bytes, address: Any) -> Any:
        if is_handshake(data):
            return self.server.ws_factory.buildProtocol(address)
        protocol = super().buildProtocol(address)
        protocol.requestFactory = LiveRequest
        return protocol

    def let_go_of_the_silent(self) -> None:
        """Connections that never said a word."""
        for doorman in [one for one in self.silent if monotonic() - one.since > SILENT_SECONDS]:
            doorman.transport.abortConnection()
