"""What a client may say about rooms, and what it hears: two closed sets of types.

Pure; docs/protocol.md is its prose.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from realtime_site.live.errors import ClientError
from realtime_site.live.frames import SAFE_INTEGER, Command, check_json, check_text

BODY_CHARACTERS = 8_000
HISTORY_LIMIT = 100
SYNC_LIMIT = 200
# Of one answer's messages, body and HTML together. A slow reader is let go of past 1 MiB of unsent bytes, and would be
# again and again if one answer could be that large.
ANSWER_CHARACTERS = 256_000
MEMBERS_LIMIT = 500
UNREAD_CAP = 100
SIGNAL_NAME_CHARACTERS = 64
SIGNAL_BYTES = 4_096
# Besides oneself: a conversation, not a room.
DIRECT_PEOPLE = 8
# Shown to one person, the newest: more are no list that anybody reads, and `welcome` must fit a socket.
CONVERSATIONS = 200
FIND_LIMIT = 10
QUERY_CHARACTERS = 60
# Of a message that is quoted: two lines of it, to know it by.
QUOTE_CHARACTERS = 200

# --- Commands --------------------------------------------------------------------------------------------------------


class MessageSend(Command, tag="message.send"):
    room: int
    client_id: UUID
    body: str
    reply_to: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_numbers(self.room, *([] if self.reply_to is None else [self.reply_to]))
        check_body(self.body)


class MessageEdit(Command, tag="message.edit"):
    message: int
    body: str

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_numbers(self.message)
        check_body(self.body)


class MessageDelete(Command, tag="message.delete"):
    message: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_numbers(self.message)


class _RoomCommand(Command):
    room: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_numbers(self.room)


class RoomHistory(_RoomCommand, tag="room.history"):
    before: int | None = None
    after: int | None = None
    around: int | None = None
    limit: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        given = [seq for seq in (self.before, self.after, self.around) if seq is not None]
        _check_numbers(*given)
        if len(given) > 1:
            raise ClientError("invalid", "Give one of `before`, `after` and `around`.")
        if not 1 <= self.limit <= HISTORY_LIMIT:
            raise ClientError("invalid", f"`limit` is from 1 to {HISTORY_LIMIT}.")


class RoomSync(_RoomCommand, tag="room.sync"):
    after: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_numbers(self.after)


class RoomRead(_RoomCommand, tag="room.read"):
    seq: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_numbers(self.seq)


class RoomMembers(_RoomCommand, tag="room.members"):
    pass


class RoomJoin(_RoomCommand, tag="room.join"):
    pass


class RoomLeave(_RoomCommand, tag="room.leave"):
    pass


class DirectOpen(Command, tag="direct.open"):
    people: list[int]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= len(self.people) <= DIRECT_PEOPLE + 1:  # oneself may be among them
            raise ClientError("invalid", f"A conversation has 1 to {DIRECT_PEOPLE} other people.")
        _check_numbers(*self.people)


class PeopleFind(Command, tag="people.find"):
    query: str

    def __post_init__(self) -> None:
        super().__post_init__()
        check_text(self.query, "query")
        if len(self.query) > QUERY_CHARACTERS:
            raise ClientError("invalid", f"`query` has at most {QUERY_CHARACTERS} characters.")


class _PersonCommand(Command):
    person: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_numbers(self.person)


class PersonBlock(_PersonCommand, tag="person.block"):
    pass


class PersonUnblock(_PersonCommand, tag="person.unblock"):
    pass


class Typing(_RoomCommand, tag="typing"):
    pass


class Signal(_RoomCommand, tag="signal"):
    name: str
    data: Raw = Raw(b"null")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_text(self.name, "name")
        if not 1 <= len(self.name) <= SIGNAL_NAME_CHARACTERS:
            raise ClientError("invalid", f"`name` has 1 to {SIGNAL_NAME_CHARACTERS} characters.")
        check_json(self.data, "data", SIGNAL_BYTES)


COMMANDS: tuple[type[Command], ...] = (
    MessageSend,
    MessageEdit,
    MessageDelete,
    RoomHistory,
    RoomSync,
    RoomRead,
    RoomMembers,
    RoomJoin,
    RoomLeave,
    DirectOpen,
    PeopleFind,
    PersonBlock,
    PersonUnblock,
    Typing,
    Signal,
)


def check_body(body: str) -> None:
    """Raises `ClientError('invalid')` for a body that cannot be a message's."""
    check_text(body, "body")
    if not body.strip():
        raise ClientError("invalid", "The message is empty.")
    if len(body) > BODY_CHARACTERS:
        raise ClientError("invalid", f"The message is longer than {BODY_CHARACTERS:,} characters.")


def _check_numbers(*numbers: int) -> None:
    for number in numbers:
        if not 0 <= number <= SAFE_INTEGER:
            raise ClientError("invalid", "Ids and seqs are integers from 0 to 2^53 - 1.")


# --- Objects ---------------------------------------------------------------------------------------------------------


class Person(Struct, frozen=True):
    id: int
    username: str
    name: str
    avatar: str | None


class Member(Struct, frozen=True):
    id: int
    username: str
    name: str
    avatar: str | None
    role: str
    online: bool


class Quote(Struct, frozen=True):
    """The message that another answers, as it stands now. `text` is plain."""

    id: int
    seq: int
    author: Person
    text: str
    deleted: bool


class Message(Struct, frozen=True):
    id: int
    room: int
    seq: int
    changed: int
    author: Person
    client_id: UUID
    kind: Literal["text", "system"]
    body: str
    html: str
    mentions: list[int]
    audience: str
    reply_to: Quote | None
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None


class Sent(Struct, frozen=True):
    """The `ok` of `message.send`: committed, and this is what it became."""

    message: Message


class Room(Struct, frozen=True, omit_defaults=True):
    """A room as one person sees it. Fields left unset did not change."""

    id: int
    slug: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    topic: str | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    seq: int | UnsetType = UNSET
    last_read: int | UnsetType = UNSET
    unread: int | UnsetType = UNSET
    mentions: int | UnsetType = UNSET
    online: int | UnsetType = UNSET
    last_message_at: datetime | UnsetType | None = UNSET
    people: list[Person] | UnsetType = UNSET


# --- Events ----------------------------------------------------------------------------------------------------------


class Welcome(Struct, tag_field="type", tag="welcome", frozen=True):
    user: Person
    heartbeat_seconds: int
    time: str
    rooms: list[Room]
    blocked: list[int]


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
    Goodbye,
)


def to_builtins(value: Any) -> dict[str, Any]:
    """A structure, or a dict of them, as JSON-ready builtins; unset fields are left out."""
    result: dict[str, Any] = msgspec.to_builtins(value)
    return result
