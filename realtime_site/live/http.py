"""An HTTP request of daphne's, bounded. Knows no view."""

from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest

# A picture of 5 MB (accounts/avatars.py) and the form around it.
BODY_BYTES = 6 * 1024 * 1024


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
