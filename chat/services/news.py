"""What the rest of the site hears of a room's log, as `chat.events` has it, in the transaction of the cause.

Where nobody listens nothing is made: posting is a hot path.
"""

from collections.abc import Iterable, Mapping, Sequence

from chat import events, protocol
from chat.events import Concern, Deleted, Edited, Posted, RoomRef
from chat.models import Block, Room
from chat.services.calls import Call, Entry, concerns
from chat.services.sql import LockedRoom
from chat.text import plain

# What a notification shows of a message: what a phone's lock screen has room for.
TEXT_CHARACTERS = 300

# A message that was written: as it is shown, what it came from, whom it calls.
Written = tuple[protocol.Message, Entry, Call]


def tell_posted(rooms: Mapping[int, LockedRoom], written: Sequence[Written]) -> None:
    """Every text message, since somebody may follow the whole room."""
    if _heard():
        events.tell(_posted(rooms, [one for one in written if one[0].kind == "text"]))


def tell_edited(room: LockedRoom, written: Written, before: Mapping[int, str]) -> None:
    """`before`: whom the message called until now."""
    if _heard():
        posted = _posted({room.pk: room}, [written])[0]
        events.tell([Edited(posted, frozenset(before.keys() - posted.concerns.keys()))])


def tell_deleted(room: LockedRoom, message_ids: Iterable[int]) -> None:
    events.tell([Deleted(message_id, room.pk) for message_id in message_ids])


def ref(room: LockedRoom | Room) -> RoomRef:
    return RoomRef(room.pk, room.slug, room.name, room.kind)


def _heard() -> bool:
    return events.happened.has_listeners()


def _posted(rooms: Mapping[int, LockedRoom], written: Sequence[Written]) -> list[Posted]:
    refs = {room_id: ref(rooms[room_id]) for room_id in {message.room for message, _, _ in written}}
    concerned = [concerns(entry, call) for _, entry, call in written]
    blockers = _blockers(message.author.id for (message, _, _), them in zip(written, concerned, strict=True) if them)
    return [
        _of(message, refs[message.room], them, blockers.get(message.author.id, frozenset()))
        for (message, _, _), them in zip(written, concerned, strict=True)
    ]


def _of(message: protocol.Message, room: RoomRef, them: Mapping[int, Concern], blockers: frozenset[int]) -> Posted:
    return Posted(
        message_id=message.id,
        room=room,
        seq=message.seq,
        author_id=message.author.id,
        author_name=message.author.name,
        text=plain(message.html, TEXT_CHARACTERS) or message.body[:TEXT_CHARACTERS],
        concerns=them,
        ignored_by=blockers & them.keys(),
    )


def _blockers(author_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Who has blocked each of them. One query, if there are any."""
    wanted = set(author_ids)
    found: dict[int, set[int]] = {}
    if wanted:
        for blocked, blocker in Block.objects.filter(blocked__in=wanted).values_list("blocked_id", "blocker_id"):
            found.setdefault(blocked, set()).add(blocker)
    return {blocked: frozenset(blockers) for blocked, blockers in found.items()}
