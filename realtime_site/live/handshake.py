"""The opening of a WebSocket (RFC 6455 §4): a request's bytes in, an ASGI scope and an answer's bytes out. Pure.

What is a valid request the library `websockets` decides.
"""

import logging
from typing import Any
from urllib.parse import unquote

from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

# It tells of each connection; what concerns us is told where it matters.
logger = logging.getLogger(f"{__name__}.websockets")
logger.setLevel(logging.CRITICAL)

END_OF_HEAD = b"\r\n\r\n"
# daphne would believe it, whoever sends it.
_DROPPED = {"daphne-root-path"}


def is_handshake(data: bytes) -> bool:
    """Whether these bytes are all of a request's head and ask for a WebSocket."""
    head, found, _ = data.partition(END_OF_HEAD)
    return bool(found) and head.startswith(b"GET ") and b"\r\nupgrade: websocket" in head.lower()


class Handshake:
    """One request. `refusal` is the answer, and its connection's end, where the request is no valid handshake."""

    def __init__(self, head: bytes, *, server_name: str) -> None:
        self._protocol = ServerProtocol(logger=logger)
        self._protocol.receive_data(head)
        self._server_name = server_name
        self._request = self._read()
        self._response = self._protocol.accept(self._request) if self._request else None
        self.refusal = self._why_not()

    def scope(self, *, client: list[Any], server: list[Any]) -> dict[str, Any]:
        """The ASGI connection scope, without extensions. Headers with an underscore are left out (CVE-2015-0219)."""
        assert self._request
        path, _, query = self._request.path.partition("?")
        return {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "scheme": "ws",
            "http_version": "1.1",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [
                (name.lower().encode(), value.encode("latin-1"))  # as the library decoded it (RFC 9110 §5.5)
                for name, value in self._request.headers.raw_items()
                if "_" not in name and name.lower() not in _DROPPED
            ],
            "client": client,
            "server": server,
            "subprotocols": self._offered(),
        }

    def accept(self, subprotocol: str | None) -> bytes:
        """The answer that opens the socket."""
        assert self._response
        if subprotocol is not None:
            self._response.headers["Sec-WebSocket-Protocol"] = subprotocol
        return self._bytes(self._response)

    def refuse(self, status: int, text: str) -> bytes:
        """The answer that does not."""
        return self._bytes(self._protocol.reject(status, f"{text}\n"))

    def _read(self) -> Request | None:
        events = self._protocol.events_received()
        return events[0] if events and isinstance(events[0], Request) else None

    def _why_not(self) -> bytes | None:
        if self._request is None or self._response is None:
            return b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        if self._response.status_code != 101:
            return self._bytes(self._response)
        if not (self._request.path.isascii() and "".join(self._offered()).isascii()):
            return self.refuse(400, "Path and Sec-WebSocket-Protocol are ASCII.")
        return None

    def _offered(self) -> list[str]:
        assert self._request
        lists = self._request.headers.get_all("Sec-WebSocket-Protocol")
        return [name.strip() for names in lists for name in names.split(",")]

    def _bytes(self, response: Response) -> bytes:
        response.headers["Server"] = self._server_name
        self._protocol.send_response(response)
        return b"".join(self._protocol.data_to_send())
