"""One HTTP/1.1 connection that is kept: one request at a time, its answer whole."""

from collections.abc import Callable, Mapping

from benchmarks.load.engine import Connection, Engine

Answered = Callable[[int, bytes], None]


class Http(Connection):
    """`request` may be called once the one before is answered. Answers must say their length."""

    def __init__(self, engine: Engine, port: int, headers: Mapping[str, str]) -> None:
        lines = [f"Host: 127.0.0.1:{port}", *(f"{name}: {value}" for name, value in headers.items())]
        self._headers = "\r\n".join(lines)
        self._waiting: list[bytes] = []
        self._answered: Answered = lambda status, body: None
        self._buffer = bytearray()
        self._open = False
        super().__init__(engine, port)
        self.on_lost = _raise

    def request(self, method: str, path: str, answered: Answered, body: bytes = b"") -> None:
        self._answered = answered
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        data = f"{method} {path} HTTP/1.1\r\n{self._headers}\r\n{length}\r\n".encode() + body
        if self._open:
            self.write(data)
        else:
            self._waiting.append(data)

    def connected(self) -> None:
        self._open = True
        for data in self._waiting:
            self.write(data)
        self._waiting.clear()

    def received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end])
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        if len(self._buffer) < end + 4 + length:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        status = int(head.split(b" ", 2)[1])
        if status >= 400:
            raise ConnectionError(f"a request was answered with {status}: {body[:200]!r}")
        self._answered(status, body)


def _raise(why: str) -> None:
    raise ConnectionError(f"an HTTP connection was lost: {why}")
