"""What a client hears."""

from datetime import datetime

from msgspec import UNSET, Raw, Struct, UnsetType

from chat.protocol.objects import Message, Person, Room


class Welcome(Struct, tag_field="type", tag="welcome", frozen=True):
    user: Person
    heartbeat_seconds: int
    time: str
    rooms: list[Room]
    blocked: list[int]
    maintenance: str | None = None


class MessageEvent(Struct, tag_field="type", tag="message", frozen=True):
    room: int
    seq: int
    message: Message
    after: int | UnsetType = UNSET


class TypingEvent(Struct, tag_field="type", tag="typing", frozen=True):
    room: int
    user: Person


class SignalEvent(Struct, tag_field="type", tag="signal", frozen=True):
    room: int
    user: Person
    name: str
    data: Raw


class PresenceEvent(Struct, tag_field="type", tag="presence", frozen=True):
    """Made by `live/presence.py`; here for the closed list."""

    room: int
    online: int
    came: list[Person]
    went: list[Person]


class ReadEvent(Struct, tag_field="type", tag="read", frozen=True):
    room: int
    last_read: int
    unread: int
    mentions: int


class RoomEvent(Struct, tag_field="type", tag="room", frozen=True):
    room: Room


class RoomRemoved(Struct, tag_field="type", tag="room.removed", frozen=True):
    room: int


class BlockedEvent(Struct, tag_field="type", tag="blocked", frozen=True):
    people: list[int]


class MaintenanceEvent(Struct, tag_field="type", tag="maintenance", frozen=True):
    """Nobody may post, and why; or None: all as usual again."""

    reason: str | None


class Announcement(Struct, tag_field="type", tag="announcement", frozen=True):
    """To everybody who is here now; stored nowhere."""

    text: str
    by: str
    at: datetime


class Goodbye(Struct, tag_field="type", tag="goodbye", frozen=True):
    """Made by `live/server.py`; here for the closed list."""

    reason: str
    retry_after: list[float]


EVENTS: tuple[type[Struct], ...] = (
    Welcome,
    MessageEvent,
    TypingEvent,
    SignalEvent,
    PresenceEvent,
    ReadEvent,
    RoomEvent,
    RoomRemoved,
    BlockedEvent,
    MaintenanceEvent,
    Announcement,
    Goodbye,
)
