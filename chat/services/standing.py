"""What those who want to write may do: read under the locks of their rooms.

One query; another if any answers a message, and one more if any writes to a conversation of two, or begins one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chat import protocol
from chat.access import check_open, deny
from chat.models import Membership, Message
from chat.services import blocks, sql
from chat.services.calls import AUDIENCES, Circle, Entry
from chat.services.sql import LockedRoom
from realtime_site.live.errors import ClientError

# Room, author, client_id: what makes a message the same one.
Key = tuple[int, int, UUID]
_WORDS = frozenset(AUDIENCES)
_CALLERS = {Membership.Role.OWNER, Membership.Role.MODERATOR}


@dataclass(frozen=True)
class Draft:
    """A message somebody wants to post. `body` has passed `protocol.check_body`.

    `author` is how the author is shown, where the caller knows that already; else it is read. `reply_to` is the id of
    the message it answers; `online`, who is online in the room, is asked of those who write @online.
    """

    room_id: int
    author_id: int
    client_id: UUID
    body: str
    author: protocol.Person | None = None
    reply_to: int | None = None
    online: frozenset[int] = frozenset()

    @property
    def key(self) -> Key:
        return self.room_id, self.author_id, self.client_id


@dataclass(frozen=True)
class Standing:
    """Of drafts, in rooms locked for them."""

    rooms: Mapping[int, LockedRoom]
    # By room and person, of those who write or are answered.
    roles: Mapping[tuple[int, int], str]
    # Who is in the conversations among the rooms.
    people: Mapping[int, Collection[int]]
    answered: Mapping[int, Message]
    # By conversation and person: between whoever writes and another a block stands.
    barred: frozenset[tuple[int, int]]

    def check(self, draft: Draft) -> None:
        """Raises `ClientError`: `not_found`, `forbidden`."""
        if (draft.room_id, draft.author_id) not in self.roles:
            deny(draft.room_id)
        check_open(self.rooms[draft.room_id])
        if (draft.room_id, draft.author_id) in self.barred:
            raise blocks.refusal()
        if draft.reply_to is not None and self._answered_by(draft) is None:
            raise ClientError("not_found", "No such message to reply to.")

    def entry(
        self, draft: Draft, author: protocol.Person, before: tuple[str, frozenset[int]] = ("", frozenset())
    ) -> Entry:
        """What is written to the log for a draft that may be posted."""
        answers = self._answered_by(draft)
        circle = self._circle(draft, answers, before)
        return Entry(draft.room_id, author, draft.client_id, draft.body, "text", circle, answers)

    def _circle(self, draft: Draft, answers: Message | None, before: tuple[str, frozenset[int]]) -> Circle:
        room_id = draft.room_id
        answered = answers.author_id if answers and (room_id, answers.author_id) in self.roles else None
        return Circle(
            # Who called many and may no longer still mends what they said.
            words=_WORDS
            if room_id in self.people or self.roles[room_id, draft.author_id] in _CALLERS
            else _WORDS & {before[0]},
            online=draft.online,
            people=self.people.get(room_id, ()),
            answered=answered,
            before=before,
        )

    def _answered_by(self, draft: Draft) -> Message | None:
        message = None if draft.reply_to is None else self.answered.get(draft.reply_to)
        return message if message and message.room_id == draft.room_id else None


def read(rooms: Mapping[int, LockedRoom], drafts: Sequence[Draft]) -> Standing:
    """`rooms`: the drafts', locked."""
    answered = _answered({draft.reply_to for draft in drafts if draft.reply_to is not None})
    wanted = {(draft.room_id, draft.author_id) for draft in drafts}
    wanted |= {(message.room_id, message.author_id) for message in answered.values()}
    people: dict[int, list[int]] = {room.pk: [] for room in rooms.values() if room.is_direct}
    roles = sql.active_members(wanted, whole=people)
    for room_id, user_id in roles if people else ():
        if room_id in people:
            people[room_id].append(user_id)
    writers = {(draft.room_id, draft.author_id) for draft in drafts if draft.room_id in people}
    pairs = {(room_id, writer): _pairs(rooms[room_id], writer) for room_id, writer in writers}
    return Standing(rooms, roles, people, answered, blocks.barred(pairs))


def _pairs(room: LockedRoom, writer: int) -> list[frozenset[int]]:
    """Of whom neither may have blocked the other: two who talk; who begins a talk of more, and each of these."""
    if len(room.people) == 2:
        return [room.people]
    return [] if room.head else [frozenset({writer, other}) for other in room.people - {writer}]


def _answered(ids: set[int]) -> dict[int, Message]:
    return Message.objects.select_related("author").in_bulk(ids) if ids else {}
