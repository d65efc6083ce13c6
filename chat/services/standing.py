"""What those who want to write may do: read under the locks of their rooms.

One query; another if any answers a message, one more if any writes to a conversation of two, or begins one, if any is
muted, one or two if any room is in slow mode.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from chat import protocol, restraint
from chat.access import access_membership, check_open, deny
from chat.models import Membership, Message, Restriction
from chat.services import blocks, sql
from chat.services.calls import AUDIENCES, Circle, Entry
from chat.services.sql import LockedRoom
from realtime_site.live.errors import ClientError

# Room, author, client_id: what makes a message the same one.
Key = tuple[int, int, UUID]
# Room, person.
Pair = tuple[int, int]
_WORDS = frozenset(AUDIENCES)
MODERATORS = frozenset({Membership.Role.OWNER.value, Membership.Role.MODERATOR.value})


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

    @property
    def pair(self) -> Pair:
        return self.room_id, self.author_id


@dataclass(frozen=True)
class Standing:
    """Of drafts, in rooms locked for them."""

    rooms: Mapping[int, LockedRoom]
    # Of those who write or are answered.
    seats: Mapping[Pair, sql.Seat]
    # Who is in the conversations among the rooms.
    people: Mapping[int, Collection[int]]
    answered: Mapping[int, Message]
    # By conversation and person: between whoever writes and another a block stands.
    barred: frozenset[Pair]
    mutes: Mapping[Pair, Restriction]
    # When those who wait in slow mode may write again; grows with `take_turn`.
    turns: dict[Pair, datetime]
    now: datetime = field(default_factory=timezone.now)

    def check(self, draft: Draft) -> None:
        """Raises `ClientError`: `not_found`, `forbidden`, `unavailable` while the site is maintained."""
        pair = draft.room_id, draft.author_id
        seat = self.seats.get(pair)
        if seat is None:
            deny(*pair)
        room = self.rooms[draft.room_id]
        if room.archived_at is not None:  # a call for each message is felt
            check_open(room)
        if seat.maintenance is not None:
            raise restraint.maintained(seat.maintenance)
        if pair in self.barred:
            raise blocks.refusal()
        if seat.muted and pair in self.mutes:
            raise restraint.refusal(self.mutes[pair])
        if room.read_only:
            check_not_read_only(read_only=True, role=seat.role)
        if draft.reply_to is not None and self._answered_by(draft) is None:
            raise ClientError("not_found", "No such message to reply to.")

    def waits(self, draft: Draft) -> bool:
        """Whether its author writes so often only."""
        return bool(self.turns) and draft.pair in self.turns

    def take_turn(self, draft: Draft) -> None:
        """Of those who wait. Raises `ClientError('rate_limited')` with the exact wait."""
        if not self.waits(draft):
            return
        seconds = self.rooms[draft.room_id].slow_mode_seconds
        left = (self.turns[draft.pair] - self.now).total_seconds()
        if left > 0:
            raise ClientError(
                "rate_limited", f"Slow mode: one message every {restraint.span(seconds)}.", retry_after=left
            )
        self.turns[draft.pair] = self.now + timedelta(seconds=seconds)

    def entry(
        self, draft: Draft, author: protocol.Person, before: tuple[str, frozenset[int]] = ("", frozenset())
    ) -> Entry:
        """What is written to the log for a draft that may be posted."""
        answers = self._answered_by(draft)
        circle = self._circle(draft, answers, before)
        return Entry(draft.room_id, author, draft.client_id, draft.body, "text", circle, answers)

    def _circle(self, draft: Draft, answers: Message | None, before: tuple[str, frozenset[int]]) -> Circle:
        room_id = draft.room_id
        answered = answers.author_id if answers and (room_id, answers.author_id) in self.seats else None
        return Circle(
            # Who called many and may no longer still mends what they said.
            words=_WORDS
            if room_id in self.people or self.seats[room_id, draft.author_id].role in MODERATORS
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
    seats = sql.active_members(wanted, whole=people)
    for room_id, user_id in seats if people else ():
        if room_id in people:
            people[room_id].append(user_id)
    pairs = {draft.pair: _pairs(rooms[draft.room_id], draft.author_id) for draft in drafts if draft.room_id in people}
    mutes = restraint.mutes([pair for pair, seat in seats.items() if seat.muted])
    return Standing(rooms, seats, people, answered, blocks.barred(pairs), mutes, _turns(rooms, drafts, seats))


def check_may_relay(*, user_id: int, room_id: int) -> bool:
    """Whether a room is a conversation of two. Raises `ClientError`: `not_found`, `forbidden` for those who may not
    write there.
    """
    pair = room_id, user_id
    of_two = blocks.check_not_barred(room_id=room_id)
    membership = access_membership(user_id=user_id, room_id=room_id)
    if mute := restraint.mutes([pair]).get(pair):
        raise restraint.refusal(mute)
    check_not_read_only(read_only=membership.room.read_only, role=membership.role)
    return of_two


def check_not_read_only(*, read_only: bool, role: str) -> None:
    """Raises `ClientError('forbidden')`."""
    if read_only and role not in MODERATORS:
        raise ClientError("forbidden", "Only owners and moderators write in this room.")


def _turns(
    rooms: Mapping[int, LockedRoom], drafts: Sequence[Draft], seats: Mapping[Pair, sql.Seat]
) -> dict[Pair, datetime]:
    """When those of the authors may write whom slow mode concerns. One query, if any room has it; another if it is not
    written down of one when they last wrote.
    """
    slow = {pk: room.slow_mode_seconds for pk, room in rooms.items() if room.slow_mode_seconds}
    if not slow:
        return {}
    waiting = {draft.pair for draft in drafts if draft.room_id in slow and draft.pair in seats}
    waiting = {pair for pair in waiting if seats[pair].role not in MODERATORS}
    rows = Membership.objects.filter(room__in=slow, user__in={user_id for _, user_id in waiting})
    found = {(row.room_id, row.user_id): row.posted_at for row in rows}
    said = _last_said({pair for pair in waiting if found.get(pair) is None})
    for (room_id, user_id), last in said.items():  # once: whoever is refused now asks again
        Membership.objects.filter(room=room_id, user=user_id).update(posted_at=last)
    found |= said
    long_ago = datetime.min.replace(tzinfo=timezone.now().tzinfo)
    return {pair: at + timedelta(seconds=slow[pair[0]]) if (at := found.get(pair)) else long_ago for pair in waiting}


def _last_said(pairs: Collection[Pair]) -> dict[Pair, datetime]:
    """By what there is of theirs: a membership that was ended and begun again has no note of it."""
    if not pairs:
        return {}
    in_rooms, authors = {room_id for room_id, _ in pairs}, {user_id for _, user_id in pairs}
    said = Message.objects.filter(room__in=in_rooms, author__in=authors, kind=Message.Kind.TEXT)
    latest = said.order_by().values_list("room", "author").annotate(Max("created_at"))
    return {(room_id, user_id): at for room_id, user_id, at in latest if (room_id, user_id) in pairs}


def store_turns(turns: Mapping[Pair, datetime], authors: Collection[Pair], now: datetime) -> None:
    """Writes down that those of the authors whom slow mode concerns have written now."""
    for room_id in {room_id for room_id, _ in turns.keys() & authors}:
        users = [user_id for room, user_id in turns.keys() & authors if room == room_id]
        Membership.objects.filter(room=room_id, user__in=users).update(posted_at=now)


def _pairs(room: LockedRoom, writer: int) -> list[frozenset[int]]:
    """Of whom neither may have blocked the other: two who talk; who begins a talk of more, and each of these."""
    if len(room.people) == 2:
        return [room.people]
    return [] if room.head else [frozenset({writer, other}) for other in room.people - {writer}]


def _answered(ids: set[int]) -> dict[int, Message]:
    return Message.objects.select_related("author").in_bulk(ids) if ids else {}
