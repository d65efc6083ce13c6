"""A connection that is there again when it was lost: commands and replies, heartbeat, goodbye, backoff.

docs/protocol.md, "Connecting", "Close codes". Knows no room.
"""

import asyncio
import itertools
import json
import random
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from socket import SO_RCVBUF, SOL_SOCKET
from typing import Any, NamedTuple

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

Frame = dict[str, Any]

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 30.0
CLOSE_SECONDS = 2.0  # for the answer of a worker that may stand still
LINGER_SECONDS = 5.0  # static/js/live/socket.js
# For what takes a second or two: twenty times that, for a machine that is busy with other things.
PATIENCE_SECONDS = 30.0


class Heartbeat(NamedTuple):
    """How often a client asks whether the worker is there (None: as `welcome` says), and how long it waits."""

    every_seconds: float | None = None
    patience_seconds: float = 10.0


AS_TOLD = Heartbeat()


class Link:
    """Connected to one of `addresses` (http://…, tried in turn) until it is stopped.

    With `moves=False` it does not heed `goodbye` and stays until it is closed. `options` are those of
    `websockets.connect`.
    """

    def __init__(
        self,
        token: str,
        addresses: Sequence[str],
        *,
        moves: bool = True,
        heartbeat: Heartbeat = AS_TOLD,
        **options: Any,
    ) -> None:
        self.closed_with: list[int | None] = []
        self.given_up = 0  # sockets on which no answer came
        self._token, self._moves, self._heartbeat = token, moves, heartbeat
        self._options = options
        self._addresses = itertools.cycle(addresses)
        self._socket: ClientConnection | None = None
        self._next: asyncio.Task[ClientConnection] | None = None
        self._ids = itertools.count(1)
        self._replies: dict[int, asyncio.Future[Frame]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._welcomed: asyncio.Future[float]
        self._bound_seconds = 0.0
        self._moving = False

    async def start(self) -> None:
        """Returns when `welcome` has come."""
        self.spawn(self._stay_connected())
        await until(lambda: self.is_connected, "a welcome")

    async def stop(self) -> None:
        if self._socket:
            await self._socket.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Ends the connection as a broken network would: without a word. The client comes back by itself."""
        if self._socket:
            self._socket.transport.abort()

    def pause_reading(self, *, receive_buffer_bytes: int) -> None:
        """Takes nothing more of what comes. A small buffer, or the kernel would take megabytes for it."""
        if self._socket:
            raw = self._socket.transport.get_extra_info("socket")
            raw.setsockopt(SOL_SOCKET, SO_RCVBUF, receive_buffer_bytes)
            self._socket.transport.pause_reading()

    def resume_reading(self) -> None:
        if self._socket:
            self._socket.transport.resume_reading()

    @property
    def is_connected(self) -> bool:
        return self._socket is not None and not self._moving

    async def command(self, kind: str, **fields: Any) -> Frame:
        """The reply. Raises ConnectionError when the socket closes before it comes."""
        return await self.ask({"type": kind, **fields})

    def ask(self, command: Frame) -> "asyncio.Future[Frame]":
        reply: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        if self._socket is None or self._moving:
            reply.set_exception(ConnectionError("There is no socket."))
            return reply
        command_id = next(self._ids)
        self._replies[command_id] = reply
        self.spawn(_write(self._socket, json.dumps({**command, "id": command_id})))
        return reply

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def on_event(self, event: Frame) -> None:
        """For subclasses: all that is no reply."""

    # --- The socket --------------------------------------------------------------------------------------------------

    async def _stay_connected(self) -> None:
        while True:
            socket: ClientConnection | None = await self._opened()
            while socket:
                socket = await self._follow(socket)

    async def _opened(self) -> ClientConnection:
        while True:
            await asyncio.sleep(random.uniform(0, self._bound_seconds))
            # Until a welcome says that all is well: a worker without its database lets in and closes again.
            self._bound_seconds = min(max(self._bound_seconds * 2, FIRST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)
            with suppress(OSError, InvalidHandshake, TimeoutError, ConnectionClosed):
                return await connect(
                    next(self._addresses).replace("http", "ws", 1) + "/ws/chat/",
                    subprotocols=[Subprotocol("live.v1")],
                    additional_headers={"Authorization": f"Bearer {self._token}"},
                    compression=None,
                    ping_interval=None,
                    max_size=None,
                    open_timeout=self._heartbeat.patience_seconds,
                    close_timeout=CLOSE_SECONDS,
                    **self._options,
                )

    async def _follow(self, socket: ClientConnection) -> ClientConnection | None:
        """Reads it to its end. The socket that takes its place, if that is open already."""
        self._welcomed = asyncio.get_running_loop().create_future()
        beating = self.spawn(self._beat(socket))
        try:
            async for text in socket:
                self._on_frame(socket, json.loads(text))
        except ConnectionClosed:
            pass
        beating.cancel()
        self._socket, self._moving = None, False
        self.closed_with.append(socket.close_code)
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(ConnectionError("The socket closed before the reply."))
        self._replies.clear()
        following, self._next = self._next, None
        return await following if following else None

    async def _replace(self, socket: ClientConnection, wait: Sequence[float]) -> ClientConnection:
        await asyncio.sleep(random.uniform(*wait))
        following = await self._opened()
        self.spawn(self._retire(socket))
        return following

    async def _retire(self, socket: ClientConnection) -> None:
        """What is in flight is answered first, as the browser waits for it; what is new waits for the new socket."""
        if socket is self._socket:  # else it has been closed already
            self._moving = True
            with suppress(TimeoutError):
                await until(lambda: socket is not self._socket or not self._replies, "replies", seconds=LINGER_SECONDS)
        await socket.close()

    async def _beat(self, socket: ClientConnection) -> None:
        """Gives the socket up when `welcome` does not come, or later a `pong`."""
        try:
            async with asyncio.timeout(self._heartbeat.patience_seconds):
                every_seconds = await self._welcomed
            while True:
                await asyncio.sleep(self._heartbeat.every_seconds or every_seconds)
                await asyncio.wait_for(self.ask({"type": "ping"}), self._heartbeat.patience_seconds)
        except TimeoutError:
            self.given_up += 1
            socket.transport.abort()
        except ConnectionError:
            pass  # it ends by itself

    def _on_frame(self, socket: ClientConnection, frame: Frame) -> None:
        if frame["type"] in {"ok", "error", "pong"}:
            reply = self._replies.pop(frame["id"], None)
            if reply and not reply.done():
                reply.set_result(frame)
            return
        if frame["type"] == "welcome":
            self._socket = socket
            self._bound_seconds = FIRST_WAIT_SECONDS
            self._welcomed.set_result(frame["heartbeat_seconds"])
        elif frame["type"] == "goodbye" and self._moves:
            self._next = self.spawn(self._replace(socket, frame["retry_after"]))
        self.on_event(frame)


async def _write(socket: ClientConnection, text: str) -> None:
    with suppress(ConnectionClosed):
        await socket.send(text)


async def until(happened: Callable[[], bool], what: str, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Raises TimeoutError, which says what was waited for."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not happened():
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"Waited {seconds} s in vain for {what}.")
        await asyncio.sleep(0.02)
