"""One thread, one epoll, some timers: what asyncio does, at a quarter of its price for each frame received.

A delivery costs asyncio's protocols about 12 µs, more than it costs the faster servers to send; here 2 to 3 µs.
"""

import errno
import select
import socket
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from time import perf_counter

# As much as one delivery brings, even of a page of history; more than that comes with the next turn.
READ_BYTES = 16_384
# No benchmark waits longer for anything: a server that does not answer is a failed run, not an endless one.
PATIENCE_SECONDS = 120
TCP_ESTABLISHED = 1  # tcp(7), TCP_INFO


class Engine:
    """`run` turns until something is true. Sockets and timers call back meanwhile."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def after(self, seconds: float, callback: Callable[[], None]) -> None:
        """Calls back once, no sooner; epoll wakes by the millisecond."""
        heappush(self._timers, (perf_counter() + seconds, next(self._order), callback))

    def run(self, done: Callable[[], bool], patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Raises `TimeoutError`."""
        until = perf_counter() + patience_seconds
        while not done():
            now = perf_counter()
            if now > until:
                raise TimeoutError(f"not done after {patience_seconds} s")
            self._turn(now)

    def rest(self, seconds: float) -> None:
        """Serves its sockets for a while."""
        end = perf_counter() + seconds
        self.run(lambda: perf_counter() >= end, seconds + PATIENCE_SECONDS)

    def close(self) -> None:
        for connection in list(self._connections.values()):
            connection.abort()
        self._timers.clear()

    def _turn(self, now: float) -> None:
        pause = min(0.05, max(0.0, self._timers[0][0] - now)) if self._timers else 0.05
        connections = self._connections
        for number, events in self._epoll.poll(pause):
            connection = connections.get(number)
            if connection:
                connection.handle(events)
        while self._timers and self._timers[0][0] <= perf_counter():
            heappop(self._timers)[2]()

    def add(self, connection: "Connection", number: int) -> None:
        self._connections[number] = connection
        self._epoll.register(number, select.EPOLLIN | select.EPOLLOUT)

    def want(self, number: int, *, write: bool) -> None:
        self._epoll.modify(number, select.EPOLLIN | (select.EPOLLOUT if write else 0))

    def ignore(self, number: int) -> None:
        self._epoll.modify(number, select.EPOLLONESHOT)

    def remove(self, number: int) -> None:
        del self._connections[number]
        self._epoll.unregister(number)


class Connection:
    """A TCP connection to a port of the loopback. Subclasses say what happens with what comes."""

    def __init__(self, engine: Engine, port: int) -> None:
        self.engine = engine
        self.received_bytes = self.sent_bytes = 0
        self.on_lost: Callable[[str], None] = lambda why: None
        self.alive = True
        self._connected = False
        self._unsent = b""
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        engine.add(self, self._socket.fileno())
        code = self._socket.connect_ex(("127.0.0.1", port))
        if code not in {0, errno.EINPROGRESS}:
            self.lost(errno.errorcode[code])

    def connected(self) -> None:
        raise NotImplementedError

    def received(self, data: bytes) -> None:
        raise NotImplementedError

    def handle(self, events: int) -> None:
        if events & select.EPOLLOUT and not self._writable():
            return
        if events & ~select.EPOLLOUT:
            self._readable()

    def write(self, data: bytes) -> None:
        self.sent_bytes += len(data)
        if self._unsent:
            self._unsent += data
            return
        self._flush(data)
        if self.alive:
            # Who has just sent something delays the next ACK by 40 ms, and a server that leaves Nagle's algorithm on
            # (nchan) waits for it. Not that is to be measured.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def deafen(self) -> None:
        """Reads nothing from now on."""
        self.engine.ignore(self._socket.fileno())

    def was_let_go(self) -> bool:
        """Whether a deaf one's other side has closed: a reset, or the end after all that was sent."""
        if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return True
        state = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        return state != TCP_ESTABLISHED

    def abort(self) -> None:
        """At once, without a word to anybody."""
        if self.alive:
            self.alive = False
            self.engine.remove(self._socket.fileno())
            self._socket.close()

    def lost(self, why: str) -> None:
        if self.alive:
            self.abort()
            self.on_lost(why)

    def _writable(self) -> bool:
        if not self._connected:
            code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                self.lost(errno.errorcode[code])
                return False
            self._connected = True
            self.connected()
        if self.alive and not self._unsent:
            self.engine.want(self._socket.fileno(), write=False)
        elif self.alive:
            waiting, self._unsent = self._unsent, b""
            self._flush(waiting)
        return self.alive

    def _readable(self) -> None:
        try:
            data = self._socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self.lost(errno.errorcode[error.errno or 0])
            return
        if data:
            self.received_bytes += len(data)
            self.received(data)
        else:
            self.lost("closed")

    def _flush(self, data: bytes) -> None:
        try:
            sent = self._socket.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self.lost(errno.errorcode[error.errno or 0])
            return
        if sent < len(data):
            self._unsent = data[sent:]
            self.engine.want(self._socket.fileno(), write=True)
