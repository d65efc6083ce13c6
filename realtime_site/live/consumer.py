"""One WebSocket: handshake, who it is, the command loop, replies, limits. What commands there are, subclasses say.

A subclass lists its commands (types of `frames.Command`) in `commands`; the one tagged `message.send` is handled by
the coroutine method `message_send`, which returns the fields of its `ok`. Subclasses compose by cooperative
`super()`: `class SiteConsumer(ChatConsumer, NotificationConsumer)`.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Set
from datetime import UTC, datetime
from functools import cache
from time import monotonic
from typing import Any, ClassVar

from channels.consumer import AsyncConsumer
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from realtime_site.live import auth, frames, topics
from realtime_site.live.closing import Close
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError
from realtime_site.live.frames import Command, Decoder, FrameError, Ping
from realtime_site.live.hub import Hub, hub
from realtime_site.live.limits import Buckets, Rate
from realtime_site.live.outlets import Batch, Outlet, QueueOutlet

logger = logging.getLogger(__name__)

SUBPROTOCOL = "live.v1"
IN_FLIGHT = 32
BAD_FRAMES_A_MINUTE = 10

_commands = Buckets(Rate(per_second=20, burst=100))


class LiveConsumer(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    """Base of the consumers that speak `live.v1`. One instance a socket."""

    commands: ClassVar[tuple[type[Command], ...]] = (Ping,)
    subprotocol: ClassVar[str | None] = SUBPROTOCOL
    # How a socket that does not speak the wire protocol itself says an event; None for those that do.
    translate: Callable[[str], list[str]] | None = None
    # No layer channel of its own: the hub receives for all sockets of the process.
    channel_layer_alias = None

    hub: Hub
    outlet: Outlet
    user: AbstractBaseUser

    def __init__(self) -> None:
        self._topics: set[str] = set()
        self._running: set[asyncio.Task[None]] = set()
        self._free = asyncio.Semaphore(IN_FLIGHT)
        self._bad_frames: deque[float] = deque(maxlen=BAD_FRAMES_A_MINUTE)
        self._closed = False
        self._missed: list[Batch] = []
        self._controlled: dict[str, int] = {}

    async def __call__(
        self, scope: auth.Scope, receive: Callable[[], Awaitable[Any]], send: Callable[..., Any]
    ) -> None:
        """Serves the socket from handshake to disconnect.

        Replaces channels' dispatch, which hops to a thread with every event.
        """
        self.scope, self.base_send = scope, send
        self.hub = hub()
        self.outlet = scope.get("extensions", {}).get("confab.outlet") or QueueOutlet(send)
        await receive()  # websocket.connect
        try:
            if await self._opened():
                await self._serve(receive)
        finally:
            self._closed = True
            self.leave()
            if isinstance(self.outlet, QueueOutlet):
                await self.outlet.drained()

    # --- For subclasses --------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """What `welcome` carries beside the greeting; runs in the one database hop of the handshake."""
        return {}

    def welcome(self, snapshot: dict[str, Any]) -> None:
        """Subscribes and greets; on the event loop, right after the snapshot was taken."""
        self.attach(topics.user(self.user.pk))
        greeting = {"type": "welcome", "heartbeat_seconds": settings.LIVE_HEARTBEAT_SECONDS, "time": _now()}
        self.outlet.send(frames.encode(greeting | snapshot))
        self.catch_up()

    def leave(self) -> None:
        """The socket is gone: gives back all it held."""
        self.hub.sockets.discard(self)
        self.hub.unproven.discard(self)
        for topic in list(self._topics):
            self.detach(topic)
        for task in self._running:
            task.cancel()

    def attach(self, topic: str, seq: int | None = None) -> int | None:
        """Subscribes. Returns how far the socket will be complete once `catch_up` has sent what it missed."""
        self._topics.add(topic)
        complete, missed = self.hub.attach(self, topic, seq)
        if missed:
            self._missed.append(missed)
        return complete

    def catch_up(self) -> None:
        """Sends what was delivered to others between the snapshot and the subscription."""
        for batch in self._missed:
            self.outlet.deliver(batch)
        self._missed.clear()

    def detach(self, topic: str) -> None:
        self._topics.discard(topic)
        self.hub.detach(self, topic)

    def control(self, action: str, topic: str, seq: int) -> None:
        """The person's subscriptions changed at the topic's event `seq`: `attach` to or `detach` from it.

        Comes from whatever worker, so perhaps late and out of order: what is older than the last one is ignored.
        """
        if seq < self._controlled.get(topic, 0):
            return
        self._controlled[topic] = seq
        if action == "detach":
            self.detach(topic)
        elif topic not in self._topics:
            self.attach(topic, seq)
            self.catch_up()

    def reconcile(self, allowed: Mapping[str, int], known: Set[str]) -> None:
        """Compares subscriptions with the database. `known`: the topics the socket had when `allowed` was asked for."""

    def subscriptions(self) -> frozenset[str]:
        return frozenset(self._topics)

    def goodbye(self, text: str) -> None:
        self.outlet.send(text)

    def close(self, code: int) -> None:
        if not self._closed:
            self._closed = True
            self.outlet.close(code)

    async def ping(self, command: Ping) -> None:
        self.outlet.send(frames.encode({"type": "pong", "id": command.id, "time": _now()}))

    # --- Handshake -------------------------------------------------------------------------------------------------

    async def _opened(self) -> bool:
        """Accepts and greets, or refuses. A refusal that JavaScript shall see the code of is an accept and a close."""
        if not auth.may_connect(self.scope):
            await self.base_send({"type": "websocket.close"})  # HTTP 403: another site's page learns nothing more
            return False
        offered = self.scope.get("subprotocols", [])
        if self.subprotocol and self.subprotocol not in offered:
            return await self._refused(Close.SUBPROTOCOL, offered[0] if offered else None)
        try:
            snapshot = await in_database(self._identify)
        except ClientError as error:
            code = {"unavailable": Close.DRAINING, "not_found": Close.NOT_FOUND}.get(error.code, Close.FORBIDDEN)
            return await self._refused(code, self.subprotocol)
        except Exception:
            logger.exception("A handshake failed")
            return await self._refused(Close.INTERNAL, self.subprotocol)
        if snapshot is None:
            return await self._refused(Close.LOGGED_OUT, self.subprotocol)
        await self.base_send({"type": "websocket.accept", "subprotocol": self.subprotocol})
        self.hub.sockets.add(self)
        self.hub.unproven.add(self)
        self.welcome(snapshot)
        return True

    def _identify(self) -> dict[str, Any] | None:
        user = auth.authenticate(self.scope)
        if user is None:
            return None
        self.user = user
        return self.snapshot()

    async def _refused(self, code: int, subprotocol: str | None) -> bool:
        await self.base_send({"type": "websocket.accept", "subprotocol": subprotocol})
        await self.base_send({"type": "websocket.close", "code": int(code)})
        return False

    # --- The command loop ------------------------------------------------------------------------------------------

    async def _serve(self, receive: Callable[[], Awaitable[Any]]) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if self._closed:
                continue
            # Reads no further while IN_FLIGHT commands are unanswered: the server stops reading from the peer then.
            await self._free.acquire()
            # Tasks begin in the order they were made, so commands enter the room writer in the order they were sent.
            self.run(self._handle(message)).add_done_callback(lambda _: self._free.release())

    def run(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Does something for this socket that ends with it."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _handle(self, message: dict[str, Any]) -> None:
        text = message.get("text")
        command_id: int | None = None
        try:
            if text is None:
                raise ClientError("bad_frame", "Binary frames are not understood here.")
            command = self.decode(text)
            command_id = getattr(command, "id", None)
            if settings.LIVE_RATE_LIMITS:
                self.check_rate(command)
            await self.execute(command)
        except ClientError as error:
            self.reply_error(getattr(error, "command_id", command_id), self._slowed(error))
        except Exception:
            logger.exception("A command failed")
            self.reply_error(command_id, ClientError("internal", "A fault of the server. It has been logged."))

    def decode(self, text: str) -> Command:
        """One command from a text frame. Raises `ClientError`."""
        return _decoder(self.commands).decode(text)

    def check_rate(self, command: Command) -> None:
        """Raises `ClientError('rate_limited')`."""
        _commands.take(self.user.pk)

    def _slowed(self, error: ClientError) -> ClientError:
        """What cannot be decoded costs a token as well, so that guessing is no way around the limit."""
        if isinstance(error, FrameError) and settings.LIVE_RATE_LIMITS:
            try:
                _commands.take(self.user.pk)
            except ClientError as too_fast:
                return too_fast
        return error

    async def execute(self, command: Command) -> None:
        handler = getattr(self, str(command.__struct_config__.tag).replace(".", "_"))
        fields = await handler(command)
        if fields is not None:
            self.outlet.send(frames.ok(command.id, fields))

    def reply_error(self, command_id: int | None, error: ClientError) -> None:
        self.outlet.send(frames.error(command_id, error))
        self.count_error(error)

    def count_error(self, error: ClientError) -> None:
        """Closes a socket that keeps sending what is no command."""
        if error.code in {"bad_frame", "unknown_type"}:
            self._bad_frames.append(monotonic())
            if len(self._bad_frames) == BAD_FRAMES_A_MINUTE and monotonic() - self._bad_frames[0] < 60:
                self.close(Close.BAD_FRAMES)


@cache
def _decoder(commands: tuple[type[Command], ...]) -> Decoder:
    return Decoder(commands)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
