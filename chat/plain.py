"""`/ws/rooms/<slug>/`: the plain room socket, for `wscat`, ten lines of script, a game. Type text, see who says what.

It listens to the same room topic as every other socket; `translate` puts the protocol's events into its simpler words.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import uuid4

import msgspec
from msgspec import UNSET, Struct

from chat import protocol, selectors
from chat.models import Membership, Room
from chat.services import direct, rooms
from chat.sockets import RoomSockets
from realtime_site.live import topics
from realtime_site.live.admission import Snapshot
from realtime_site.live.closing import Close
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError
from realtime_site.live.frames import FrameError, check_depth, encode
from realtime_site.live.presence import presence


class Chat(Struct, tag_field="type", tag="chat"):
    message: str

    def __post_init__(self) -> None:
        protocol.check_body(self.message)


class Ping(Struct, tag_field="type", tag="ping"):
    pass


_commands: msgspec.json.Decoder[Chat | Ping] = msgspec.json.Decoder(Chat | Ping)
_messages = msgspec.json.Decoder(protocol.MessageEvent)
_presences = msgspec.json.Decoder(protocol.PresenceEvent)
_news = msgspec.json.Decoder(protocol.MaintenanceEvent | protocol.Announcement)


def translate(topic: str, text: str) -> list[str]:
    """An event of the wire protocol as this address says it: nothing, one frame, or several. Of the room alone: what
    the person hears of other rooms is not said here.
    """
    if topic == topics.SITE:
        return _said(_news.decode(text))
    if topics.room_id(topic) is None:
        return []
    if text.startswith('{"type":"message"'):
        return _chat(_messages.decode(text))
    if text.startswith('{"type":"presence"'):
        return _notices(_presences.decode(text))
    return []


def _chat(event: protocol.MessageEvent) -> list[str]:
    message = event.message
    before = event.seq - 1 if event.after is UNSET else event.after
    if message.seq <= before or message.kind != "text" or message.deleted_at:
        return []
    return [_frame("chat", message.created_at, **{"from": message.author.username, "message": message.body})]


def _said(event: protocol.MaintenanceEvent | protocol.Announcement) -> list[str]:
    if isinstance(event, protocol.Announcement):
        return [_frame("system", event.at, message=f"{event.by}: {event.text}")]
    what = "You can write again." if event.reason is None else f"Nobody can write for now: {event.reason}"
    return [_frame("system", datetime.now(UTC), message=what)]


def _notices(event: protocol.PresenceEvent) -> list[str]:
    came = [("user_join", f"{person.name} joined") for person in event.came]
    went = [("user_leave", f"{person.name} left") for person in event.went]
    now = datetime.now(UTC)
    return [_frame(kind, now, message=said, online_count=event.online) for kind, said in came + went]


def _frame(kind: str, timestamp: datetime, **fields: Any) -> str:
    return encode({"type": kind, **fields, "timestamp": timestamp})


class PlainRoomConsumer(RoomSockets):
    """One room, one person, plain words."""

    subprotocol: ClassVar[str | None] = None
    translate = staticmethod(translate)

    async def prepare(self, snapshot: Snapshot) -> Snapshot:
        """Not in `snapshots`: joining waits for the room's lock, and others' handshakes should not."""
        return snapshot | {"room": await in_database(self._enter)}

    def _enter(self) -> protocol.Room:
        """The room; a public one is joined by connecting. Raises `ClientError`."""
        room = Room.objects.filter(slug=self.scope["url_route"]["kwargs"]["slug"], archived_at=None).first()
        if room is None:
            raise ClientError("not_found", "No such room.")
        if not Membership.objects.filter(room=room, user=self.person.id).exists():
            rooms.join(user_id=self.person.id, room_id=room.pk)
        if room.kind == Room.Kind.DIRECT:
            direct.bring_back(user_id=self.person.id, slug=room.slug)
        return selectors.room_of(user_id=self.person.id, room_id=room.pk)

    def welcome(self, snapshot: Snapshot) -> None:
        room = self.room = snapshot["room"]
        topic = topics.room(room.id)
        count = len(presence().online(topic).keys() | {self.person.id})
        self.say("system", message=f"Welcome to {room.name}, {self.person.name}.", online_count=count)
        self.attach(topics.rooms(self.person.id))
        self.attach(topic, room.seq)
        self.catch_up()

    def withdrawn(self, topic: str, room_id: int) -> None:
        self.detach(topic)
        self.close(Close.FORBIDDEN)

    def control(self, action: str, topic: str, seq: int) -> None:
        """Only its own room concerns it; when the person leaves that, the socket has no purpose."""
        if action == "detach" and topic == topics.room(self.room.id):
            super().control(action, topic, seq)
            self.close(Close.FORBIDDEN)

    def goodbye(self, text: str) -> None:
        """Plain clients know no goodbye; they are closed with 4503 and connect again."""

    def room_posted_to(self, command: Any) -> int | None:
        return self.room.id if isinstance(command, Chat) else None

    def decode(self, text: str) -> Any:
        """A JSON object is a command; any other text is a message. Raises `FrameError`."""
        try:
            return self._decoded(text)
        except ClientError as error:
            raise FrameError(error, None) from None

    def _decoded(self, text: str) -> Any:
        if not text.lstrip().startswith("{"):
            return Chat(text)
        try:
            command = _commands.decode(text)
            check_depth(text)
            return command
        except msgspec.ValidationError as error:
            raise ClientError("invalid", f"{error}.") from None
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return Chat(text)

    async def chat(self, command: Chat) -> None:
        await self.post(self.room.id, uuid4(), command.message)

    def ping(self, command: Any) -> None:
        self.say("pong")

    def reply_error(self, command_id: int | None, error: ClientError) -> None:
        fields = {} if error.retry_after is None else {"retry_after": round(error.retry_after, 3)}
        self.say("error", code=error.code, detail=error.detail, **fields)
        self.count_error(error)

    def say(self, kind: str, **fields: Any) -> None:
        self.outlet.send(_frame(kind, datetime.now(UTC), **fields))
