"""A connection that is there again when it was lost: commands and replies, heartbeat, goodbye, backoff.

docs/protocol.md, "Connecting", "Close codes". Knows no room.
"""

import asyncio
import itertools
import json
import random
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from tests.processes import PATIENCE_SECONDS

Frame = dict[str, Any]

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 30.0
PONG_SECONDS = 10.0


class Link:
    """Connected to one of `addresses` (http://…, tried in turn) until it is stopped.

    With `moves=False` it does not heed `goodbye` and stays until it is closed. `options` are those of
    `websockets.connect`.
    """

    def __init__(self, token: str, addresses: Sequence[str], *, moves: bool = True, **options: Any) -> None:
        self.closed_with: list[int | None] = []
        self._token, self._moves, self._options = token, moves, options
        self._addresses = itertools.cycle(addresses)
        self._socket: ClientConnection | None = None
        self._next: asyncio.Task[ClientConnection] | None = None
        self._ids = itertools.count(1)
        self._replies: dict[int, asyncio.Future[Frame]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

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

    @property
    def is_connected(self) -> bool:
        return self._socket is not None

    async def command(self, kind: str, **fields: Any) -> Frame:
        """The reply. Raises ConnectionError when the socket closes before it comes."""
        return await self.ask({"type": kind, **fields})

    def ask(self, command: Frame) -> "asyncio.Future[Frame]":
        reply: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        if self._socket is None:
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
        bound = FIRST_WAIT_SECONDS if self.closed_with else 0.0
        while True:
            await asyncio.sleep(random.uniform(0, bound))
            with suppress(OSError, InvalidHandshake, TimeoutError, ConnectionClosed):
                return await connect(
                    next(self._addresses).replace("http", "ws") + "/ws/chat/",
                    subprotocols=[Subprotocol("live.v1")],
                    additional_headers={"Authorization": f"Bearer {self._token}"},
                    compression=None,
                    ping_interval=None,
                    max_size=None,
                    **self._options,
                )
            bound = min(max(bound * 2, FIRST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)

    async def _follow(self, socket: ClientConnection) -> ClientConnection | None:
        """Reads it to its end. The socket that takes its place, if that is open already."""
        try:
            async for text in socket:
                self._on_frame(socket, json.loads(text))
        except ConnectionClosed:
            pass
        self._socket = None
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
        self.spawn(socket.close())
        return following

    async def _beat(self, socket: ClientConnection, every_seconds: float) -> None:
        with suppress(ConnectionError):
            while socket is self._socket:
                await asyncio.sleep(every_seconds)
                try:
                    await asyncio.wait_for(self.ask({"type": "ping"}), PONG_SECONDS)
                except TimeoutError:
                    socket.transport.abort()

    def _on_frame(self, socket: ClientConnection, frame: Frame) -> None:
        if frame["type"] in {"ok", "error", "pong"}:
            reply = self._replies.pop(frame["id"], None)
            if reply and not reply.done():
                reply.set_result(frame)
            return
        if frame["type"] == "welcome":
            self._socket = socket
            self.spawn(self._beat(socket, frame["heartbeat_seconds"]))
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
