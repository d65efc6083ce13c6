"""One WebSocket: handshake, who it is, the command loop, replies, limits. What commands there are, subclasses say.

A subclass lists its commands (types of `frames.Command`) in `commands`; the one tagged `message.send` is handled by
the method `message_send`, a coroutine or not, which returns the fields of its `ok`. Subclasses compose by cooperative
`super()`: `class SiteConsumer(ChatConsumer, NotificationConsumer)`.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence, Set
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from inspect import isawaitable
from itertools import count
from time import monotonic
from typing import Any, ClassVar, Self

from channels.consumer import AsyncConsumer
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from realtime_site.live import auth, course, frames, topics
from realtime_site.live.admission import LoggedOutError, Snapshot, admission
from realtime_site.live.closing import Close
from realtime_site.live.errors import ClientError
from realtime_site.live.frames import Command, Decoder, Fields, FrameError, Ping
from realtime_site.live.hub import Hub, hub
from realtime_site.live.limits import Buckets, Rate, Strikes
from realtime_site.live.meters import meters
from realtime_site.live.outlets import Batch, Outlet, QueueOutlet
from realtime_site.live.roll import Visit, visit_of
from realtime_site.live.sharing import sharing
from realtime_site.live.subscriber import Translate

logger = logging.getLogger(__name__)
_access = logging.getLogger("realtime_site.live.access")

SUBPROTOCOL = "live.v1"
IN_FLIGHT = 32
BAD_FRAMES_A_MINUTE = 10
# A client that heeds `retry_after` gets one now and then. One that does not is heard again only after a moment, so that
# to refuse it costs nearly nothing; and after ten seconds of that it is let go of.
REFUSED_SECONDS = 0.05
REFUSALS_A_MINUTE = 200
# Commands of one socket in a row, before others get their turn: about a millisecond.
IN_A_ROW = 16

_commands = Buckets("commands", Rate(per_second=20, burst=100))
# A class of forty behind one address, each with three devices, comes back at once and again; a guesser of tokens gets
# nowhere.
_handshakes = Buckets("handshakes", Rate(per_second=50, burst=500))
# As many tabs as a browser bears, all back at once; past that somebody is let in only to be let go of again.
_arrivals = Buckets("arrivals", Rate(per_second=1, burst=60))


class LiveConsumer(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    """Base of the consumers that speak `live.v1`. One instance a socket."""

    commands: ClassVar[tuple[type[Command], ...]] = (Ping,)
    subprotocol: ClassVar[str | None] = SUBPROTOCOL
    # The token buckets that workers share.
    buckets: ClassVar[tuple[Buckets, ...]] = (_commands, _handshakes, _arrivals)
    # How a socket that does not speak the wire protocol itself says an event; None for those that do.
    translate: Translate | None = None
    # Wraps the execution of a command, by its name; for tracing.
    around: ClassVar[Callable[[str, Callable[[], Any]], Any] | None] = None
    # No layer channel of its own: the hub receives for all sockets of the process.
    channel_layer_alias = None

    hub: Hub
    outlet: Outlet
    credentials: auth.Credentials
    identity: auth.Identity
    visit: Visit

    def __init__(self) -> None:
        self._topics: set[str] = set()
        # Commands being answered, and other work that ends with the socket.
        self._running: set[asyncio.Future[Any]] = set()
        self._in_flight = 0
        self._freed: asyncio.Future[None] | None = None
        self._bad_frames: Strikes | None = None
        self._refusals: Strikes | None = None
        self._refused_now = False
        self._closed = False
        self._code: int | None = None
        self._missed: list[Batch] = []
        self._controlled: dict[str, int] = {}

    async def __call__(
        self, scope: auth.Scope, receive: Callable[[], Awaitable[Any]], send: Callable[..., Any]
    ) -> None:
        """Serves the socket from handshake to disconnect.

        Replaces channels' dispatch, which hops to a thread with every event.
        """
        self.scope, self.base_send = scope, send
        self.course, began = course.begin(connection=uuid.uuid4().hex[:16]), monotonic()
        self.hub = hub()
        self.outlet = scope.get("extensions", {}).get("confab.outlet") or QueueOutlet(send)
        await receive()  # websocket.connect
        try:
            if await self._opened():
                await self._serve(receive)
        finally:
            self._closed = True
            self.leave()
            about = {"code": self._code, "seconds": round(monotonic() - began, 3)}
            _access.info("socket closed", extra=about)
            if isinstance(self.outlet, QueueOutlet):
                await self.outlet.drained()

    # --- For subclasses --------------------------------------------------------------------------------------------

    @property
    def user(self) -> AbstractBaseUser:
        return self.identity.user

    def identify(self, identity: auth.Identity) -> None:
        """Who it is: at the handshake, in a database thread; and again when something about the person changed."""
        self.identity = identity

    @classmethod
    def snapshots(cls, sockets: Sequence[Self]) -> list[Snapshot | ClientError]:
        """What `welcome` of each carries beside the greeting, or why it is refused. In a database thread, for all that
        arrive together: a few queries, whatever their number.
        """
        return [{} for _ in sockets]

    async def prepare(self, snapshot: Snapshot) -> Snapshot:
        """What a handshake needs beside, of its own and not together with others. Raises `ClientError`."""
        return snapshot

    def welcome(self, snapshot: Snapshot) -> None:
        """Subscribes and greets; on the event loop, right after the snapshot was taken."""
        self.attach(topics.user(self.user.pk))
        greeting = {"type": "welcome", "heartbeat_seconds": settings.LIVE_HEARTBEAT_SECONDS, "time": _now()}
        self.outlet.send(frames.encode(greeting | snapshot))
        self.catch_up()

    def leave(self) -> None:
        """The socket is gone: gives back all it held."""
        self.hub.left(self)
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
            self._closed, self._code = True, int(code)
            self.outlet.close(code)

    def ping(self, command: Ping) -> None:
        self.outlet.send(frames.encode({"type": "pong", "id": command.id, "time": _now()}))

    # --- Handshake -------------------------------------------------------------------------------------------------

    async def _opened(self) -> bool:
        """Accepts and greets, or refuses. A refusal that JavaScript shall see the code of is an accept and a close."""
        if not auth.may_connect(self.scope):
            meters.handshakes_refused += 1
            self._code = 403
            await self.base_send({"type": "websocket.close"})  # HTTP 403: another site's page learns nothing more
            return False
        offered = self.scope.get("subprotocols", [])
        if self.subprotocol and self.subprotocol not in offered:
            return await self._refused(Close.SUBPROTOCOL, offered[0] if offered else None)
        self.credentials = auth.credentials(self.scope)
        knocked = monotonic()
        try:
            self._check_arrival()
            snapshot = await self.prepare(await admission().submit(self))
        except ClientError as error:
            return await self._refused(_why_closed(error), self.subprotocol)
        await self.base_send({"type": "websocket.accept", "subprotocol": self.subprotocol})
        self.visit = visit_of(self.scope)
        self.scope["headers"].clear()  # a browser's take more memory than all else that is kept of a socket
        self.welcome(snapshot)
        self.hub.came(self, knocked)
        meters.handshakes += 1
        self.course.person = self.user.pk
        _access.info("socket opened", extra={"path": self.scope["path"]})
        return True

    def _check_arrival(self) -> None:
        """Before anything is asked of the database. Raises `ClientError('rate_limited')`."""
        for buckets in self.buckets:
            sharing().share(buckets)
        if not settings.LIVE_RATE_LIMITS:
            return
        address, visitor = auth.address(self.scope), self.credentials.alias
        if address:
            _handshakes.take(address)
        if visitor:
            _arrivals.take(visitor)

    async def _refused(self, code: int, subprotocol: str | None) -> bool:
        meters.handshakes_refused += 1
        self._code = int(code)
        await self.base_send({"type": "websocket.accept", "subprotocol": subprotocol})
        await self.base_send({"type": "websocket.close", "code": int(code)})
        return False

    # --- The command loop ------------------------------------------------------------------------------------------

    async def _serve(self, receive: Callable[[], Awaitable[Any]]) -> None:
        for number in count(1):
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self._code = self._code or message.get("code")
                return
            if not self._closed:
                self._take(message)
            if self._refused_now:
                self._refused_now = False
                await asyncio.sleep(REFUSED_SECONDS)
            elif number % IN_A_ROW == 0:
                await asyncio.sleep(0)
            # Reads no further while IN_FLIGHT commands are unanswered: the server stops reading from the peer then.
            while self._in_flight >= IN_FLIGHT:
                self._freed = asyncio.get_running_loop().create_future()
                await self._freed

    def _take(self, message: dict[str, Any]) -> None:
        """Begins one command, in the order they come. What is done at once is answered at once, without a task."""
        command_id: int | None = None
        meters.frames += 1
        try:
            text = message.get("text")
            if text is None:
                raise ClientError("bad_frame", "Binary frames are not understood here.")
            command = self.decode(text)
            meters.commands += 1
            command_id = getattr(command, "id", None)
            if settings.LIVE_RATE_LIMITS:
                self.check_rate(command)
            answer = self._executed(command)
        except Exception as error:
            self._failed(command_id, error)
            return
        if isawaitable(answer):
            self._in_flight += 1
            self._keep(asyncio.ensure_future(answer)).add_done_callback(partial(self._done, command_id))
        else:
            self._reply(command_id, answer)

    def _done(self, command_id: int | None, work: "asyncio.Future[Any]") -> None:
        self._in_flight -= 1
        if self._freed and not self._freed.done():
            self._freed.set_result(None)
        if work.cancelled():
            return
        error = work.exception()
        if error is None:
            self._reply(command_id, work.result())
        else:
            self._failed(command_id, error)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Does something for this socket that ends with it. A `ClientError` ends it too: nobody asked."""

        async def quietly() -> None:
            with suppress(ClientError):
                await work

        self._keep(asyncio.ensure_future(quietly()))

    def _keep(self, work: "asyncio.Future[Any]") -> "asyncio.Future[Any]":
        self._running.add(work)
        work.add_done_callback(self._running.discard)
        return work

    def _reply(self, command_id: int | None, fields: Fields | None) -> None:
        if fields is not None and command_id is not None:
            self.outlet.send(frames.ok(command_id, fields))

    def _failed(self, command_id: int | None, error: BaseException) -> None:
        if isinstance(error, ClientError):
            self.reply_error(getattr(error, "command_id", command_id), self._slowed(error))
        else:
            logger.error("A command failed", exc_info=error)
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

    def _executed(self, command: Command) -> Any:
        around = type(self).around
        if around is None:
            return self.execute(command)
        return around(str(command.__struct_config__.tag), lambda: self.execute(command))

    def execute(self, command: Command) -> Any:
        """The fields of its `ok`, None where it is answered otherwise; or an awaitable of these.

        Raises `ClientError`.
        """
        return getattr(self, str(command.__struct_config__.tag).replace(".", "_"))(command)

    def reply_error(self, command_id: int | None, error: ClientError) -> None:
        self.outlet.send(frames.error(command_id, error))
        self.count_error(error)

    def count_error(self, error: ClientError) -> None:
        """Closes a socket that keeps sending what is no command, or keeps on when it should wait."""
        meters.refused[error.code] += 1
        if error.code in {"bad_frame", "unknown_type"}:
            self._bad_frames = self._bad_frames or Strikes(BAD_FRAMES_A_MINUTE)
            if self._bad_frames.strike(monotonic()):
                self.close(Close.BAD_FRAMES)
        elif error.code == "rate_limited":
            self._refused_now = True
            self._refusals = self._refusals or Strikes(REFUSALS_A_MINUTE)
            if self._refusals.strike(monotonic()):
                self.close(Close.FLOODING)


_CLOSED_FOR = {
    "unavailable": Close.DRAINING,
    "rate_limited": Close.DRAINING,  # overloaded, as far as this address is concerned: come back later
    "not_found": Close.NOT_FOUND,
    "internal": Close.INTERNAL,
}


def _why_closed(error: ClientError) -> Close:
    if isinstance(error, LoggedOutError):
        return Close.LOGGED_OUT
    return _CLOSED_FOR.get(error.code, Close.FORBIDDEN)


@cache
def _decoder(commands: tuple[type[Command], ...]) -> Decoder:
    return Decoder(commands)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
