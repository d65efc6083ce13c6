"""daphne, made fit for many sockets: the sockets of `live/websocket.py`, a long backlog, and a drain.

On SIGTERM it says goodbye, answers what is in flight, closes with 4503, and only then ends the process.
"""

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from daphne.server import Server, twisted_loop  # isort: skip  # first: it installs Twisted's reactor
from twisted.internet import reactor
from twisted.internet.tcp import Port
from twisted.logger import globalLogBeginner

from realtime_site.listening import BACKLOG
from realtime_site.live.closing import Close
from realtime_site.live.database import is_busy
from realtime_site.live.frames import encode
from realtime_site.live.http import REQUEST_SECONDS, UNREAD_BYTES, LiveHTTPFactory, unread
from realtime_site.live.hub import Hub, hub
from realtime_site.live.presence import presence
from realtime_site.live.vitals import vitals
from realtime_site.live.websocket import LiveSocket, LiveSocketFactory

logger = logging.getLogger(__name__)

# For the request of a connection that was accepted at the last moment: it is on its way, from a proxy near by.
LET_IN_SECONDS = 0.25
# A new socket every 2 ms: what a worker that takes over can authenticate without being late for those it has.
GOODBYE_SPREAD_SECONDS_A_SOCKET = 0.002


class LiveServer(Server):  # type: ignore[misc]
    """`run` listens and serves until SIGTERM or SIGINT has drained it. `alone`: no other worker has this listener."""

    def __init__(
        self, application: Any, *, listener: socket.socket, alone: bool, drain_seconds: float, **options: Any
    ) -> None:
        super().__init__(application, endpoints=["the socket is handed over"], signal_handlers=False, **options)
        self._listener, self._alone = listener, alone
        self._drain_seconds = drain_seconds
        self._draining: asyncio.Task[None] | None = None

    def run(self) -> None:
        self.connections: dict[Any, dict[str, Any]] = {}
        self.http_factory = LiveHTTPFactory(self)
        self.ws_factory = LiveSocketFactory(self)
        globalLogBeginner.beginLoggingTo([_log_failure], redirectStandardIO=False, discardBuffer=True)
        asyncio.set_event_loop(twisted_loop)
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        reactor.callLater(0, self._begin_to_feel)
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

    def _begin_to_feel(self) -> None:
        """From the start: a worker without a socket is one, too."""
        vitals().supervisor = 0 if self._alone else os.getppid()

    def serve(self, live: LiveSocket, scope: dict[str, Any]) -> None:
        """Starts the application for a WebSocket. As daphne does, the socket itself in the place of queues."""
        scope["extensions"] = {"confab.outlet": live}
        send: Callable[[dict[str, Any]], Any] = lambda message: self.handle_reply(live, message)  # noqa: E731
        running = self.application(scope, live.receive, send)
        self.connections[live]["application_instance"] = asyncio.ensure_future(running)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """As daphne's; but what is streamed waits for who reads it, rather than in memory."""
        await super().handle_reply(protocol, message)
        if message.get("more_body"):
            await self._until(lambda: _is_read(protocol), time.monotonic() + REQUEST_SECONDS)

    def timeout_checker(self) -> None:
        """As daphne's; one connection's trouble does not end it for all."""
        for protocol in list(self.connections):
            try:
                protocol.check_timeouts()
            except Exception:
                logger.exception("A connection's time-outs could not be checked; it is dropped")
                protocol.transport.abortConnection()
        self.http_factory.let_go_of_the_slow()
        reactor.callLater(2, self.timeout_checker)

    # --- Leaving -----------------------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Lets go of everybody politely; the second signal ends the process at once."""
        if self._draining:
            reactor.stop()
        else:
            self._draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        deadline = time.monotonic() + self._drain_seconds
        here = hub()
        self._stop_listening()
        self._say_goodbye(here)
        await asyncio.sleep(LET_IN_SECONDS)
        await self._until(lambda: not here.sockets and not self._busy(), deadline)
        for consumer in list(here.sockets):
            consumer.outlet.close(Close.DRAINING)
        # The closing handshakes, and what HTTP still answers.
        await self._until(lambda: not here.sockets and not self._busy(), time.monotonic() + 2)
        reactor.stop()

    def _stop_listening(self) -> None:
        self._port.stopReading()
        if self._alone:  # closing resets whom the kernel has let in, and no proxy sends a POST twice
            self._port.numberAccepts = BACKLOG
            self._port.doRead()
        # Both: Twisted has a descriptor of its own, and the kernel lets people in while either is open.
        self._listener.close()
        self._port.connectionLost(None)

    def _say_goodbye(self, here: Hub) -> None:
        presence().farewell()
        longest = min(self._drain_seconds / 2, 0.2 + len(here.sockets) * GOODBYE_SPREAD_SECONDS_A_SOCKET)
        here.farewell = encode({"type": "goodbye", "reason": "restart", "retry_after": [0, round(longest, 3)]})
        for consumer in list(here.sockets):
            consumer.goodbye(here.farewell)
        vitals().farewell()

    @staticmethod
    async def _until(done: Callable[[], bool], deadline: float) -> None:
        while not done() and time.monotonic() < deadline:  # noqa: ASYNC110  daphne has no event to wait for
            await asyncio.sleep(0.05)

    def _busy(self) -> bool:
        """Whether anything is still being answered, or written for somebody who has gone already."""
        return is_busy() or any(
            not details["application_instance"].done() and "disconnected" not in details
            for details in self.connections.values()
            if "application_instance" in details
        )


def _is_read(protocol: Any) -> bool:
    """Whether whoever asked has read about as much as was written, or is gone."""
    return not protocol.channel or unread(protocol.channel.transport) <= UNREAD_BYTES


def _log_failure(event: dict[str, Any]) -> None:
    """Of all that Twisted tells, the faults: what a protocol raises ends its connection, and must not do so unseen."""
    failure = event.get("log_failure")
    if failure is not None:
        logger.error("A connection failed", exc_info=(failure.type, failure.value, failure.getTracebackObject()))
