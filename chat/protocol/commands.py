"""What a client may say about rooms, messages and people. Those of moderators are in `moderation`."""

from uuid import UUID

from msgspec import Raw

from chat.protocol.checks import check_body, check_numbers
from chat.protocol.limits import (
    DIRECT_PEOPLE,
    HISTORY_LIMIT,
    QUERY_CHARACTERS,
    SIGNAL_BYTES,
    SIGNAL_NAME_CHARACTERS,
)
from realtime_site.live.errors import ClientError
from realtime_site.live.frames import Command, check_json, check_text


class MessageSend(Command, tag="message.send"):
    room: int
    client_id: UUID
    body: str
    reply_to: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_numbers(self.room, *([] if self.reply_to is None else [self.reply_to]))
        check_body(self.body)


class MessageEdit(Command, tag="message.edit"):
    message: int
    body: str

    def __post_init__(self) -> None:
        super().__post_init__()
        check_numbers(self.message)
        check_body(self.body)


class MessageDelete(Command, tag="message.delete"):
    message: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_numbers(self.message)


class RoomCommand(Command):
    room: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_numbers(self.room)


class RoomHistory(RoomCommand, tag="room.history"):
    before: int | None = None
    after: int | None = None
    around: int | None = None
    limit: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        given = [seq for seq in (self.before, self.after, self.around) if seq is not None]
        check_numbers(*given)
        if len(given) > 1:
            raise ClientError("invalid", "Give one of `before`, `after` and `around`.")
        if not 1 <= self.limit <= HISTORY_LIMIT:
            raise ClientError("invalid", f"`limit` is from 1 to {HISTORY_LIMIT}.")


class RoomSync(RoomCommand, tag="room.sync"):
    after: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_numbers(self.after)


class RoomRead(RoomCommand, tag="room.read"):
    seq: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_numbers(self.seq)


class RoomMembers(RoomCommand, tag="room.members"):
    pass


class RoomJoin(RoomCommand, tag="room.join"):
    pass


class RoomLeave(RoomCommand, tag="room.leave"):
    pass


class DirectOpen(Command, tag="direct.open"):
    people: list[int]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= len(self.people) <= DIRECT_PEOPLE + 1:  # oneself may be among them
            raise ClientError("invalid", f"A conversation has 1 to {DIRECT_PEOPLE} other people.")
        check_numbers(*self.people)


class PeopleFind(Command, tag="people.find"):
    query: str

    def __post_init__(self) -> None:
        super().__post_init__()
        check_text(self.query, "query")
        if len(self.query) > QUERY_CHARACTERS:
            raise ClientError("invalid", f"`query` has at most {QUERY_CHARACTERS} characters.")


class PersonCommand(Command):
    person: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_numbers(self.person)


class PersonBlock(PersonCommand, tag="person.block"):
    pass


class PersonUnblock(PersonCommand, tag="person.unblock"):
    pass


class Typing(RoomCommand, tag="typing"):
    pass


class Signal(RoomCommand, tag="signal"):
    name: str
    data: Raw = Raw(b"null")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_text(self.name, "name")
        if not 1 <= len(self.name) <= SIGNAL_NAME_CHARACTERS:
            raise ClientError("invalid", f"`name` has 1 to {SIGNAL_NAME_CHARACTERS} characters.")
        check_json(self.data, "data", SIGNAL_BYTES)


OF_MEMBERS: tuple[type[Command], ...] = (
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
