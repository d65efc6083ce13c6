"""Deleting what others said, and putting it back.

What a message said is kept in `Removal`, with the entry of the log that it belongs to, until somebody forgets it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from chat import history, protocol, wire
from chat.models import Message, Removal
from chat.services import authority, log, sql
from chat.services.calls import Circle
from chat.services.calls import Entry as Said
from chat.services.restrictions import PERMISSION, amount, text_of
from chat.services.sql import LockedRoom
from realtime_site.audit import log as audit
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import Undo
from realtime_site.live.errors import ClientError

# Messages deleted under one lock of their room: some ten milliseconds, then those who write there get their turn.
AT_ONCE = 50
# For how long what was deleted can be put back.
KEPT_DAYS = 30
_AFTER_A_REPORT = "In a conversation single messages are deleted, after a report."


def remove(*, by: Actor, message_id: int, reason: str) -> Entry:
    """Deletes one message of somebody else; of a conversation, one that was reported.

    Raises `ClientError`: `not_found`, `forbidden`, `conflict` where it is deleted already.
    """
    with transaction.atomic():
        room, message = locked(by, message_id)
        if room.is_direct and not message.reports.exists():
            raise ClientError("forbidden", _AFTER_A_REPORT)
        if message.deleted_at:
            raise ClientError("conflict", "The message is deleted already.")
        author = authority.of_person(message.author)
        entry = audit.record(
            by=by,
            action="message.remove",
            summary=f"Deleted a message of {author.name} in {authority.of_room(room).name}.",
            reason=reason,
            person=author,
            room=authority.of_room(room),
            details={"message": message.pk, "seq": message.seq},
        )
        erase(room, [message], entry)
        return entry


def clear(*, by: Actor, room_id: int | None, person_id: int, count: int, reason: str) -> Entry:
    """Deletes the last messages of a person, so many at most: in a room, or in all that are no conversations.

    In several transactions; the first writes the entry, and none follows once that is undone. `details["count"]` is how
    many there were. Raises `ClientError`: `not_found`, `forbidden`, `conflict` where there is nothing to delete.
    """
    with transaction.atomic():
        person, where = _reach(by, room_id, person_id)
        portions = _portions(text_of(person_id, room_id).values_list("room", "pk")[: min(count, protocol.CLEAR_LIMIT)])
        if not portions:
            raise ClientError("conflict", "There is nothing of theirs to delete.")
        total = sum(len(portion.ids) for portion in portions)
        entry = audit.record(
            by=by,
            action="member.clear",
            summary=f"Deleted {amount(total, 'message')} of {person.name} in {where.name if where else 'all rooms'}.",
            reason=reason,
            person=person,
            room=where,
            details={"count": total},
        )
        _erase(portions[0], entry)
    for portion in portions[1:]:
        with transaction.atomic():
            _erase(portion, entry)
    return entry


def stone(*, message_id: int) -> protocol.Message:
    """What is left of a message, for whoever has just deleted it."""
    return history.shown([Message.objects.select_related("author").get(pk=message_id)])[0]


def old(now: datetime | None = None) -> QuerySet[Removal]:
    """What is kept of messages that were deleted so long ago that nobody puts them back."""
    return Removal.objects.filter(removed_at__lt=(now or timezone.now()) - timedelta(days=KEPT_DAYS))


def forget(now: datetime | None = None) -> int:
    """Deletes that; those acts cannot be undone any more."""
    return old(now).delete()[0]


def locked(by: Actor, message_id: int) -> tuple[LockedRoom, Message]:
    """A message, its room locked, whose author one may act upon. Raises `ClientError`: `not_found`, `forbidden`."""
    room_id = Message.objects.filter(pk=message_id, kind=Message.Kind.TEXT).values_list("room", flat=True).first()
    if room_id is None:
        raise ClientError("not_found", "No such message.")
    room = authority.lock(room_id)
    message = Message.objects.select_related("author").get(pk=message_id)
    authority.check(by, room, upon=message.author)
    return room, message


def erase(room: LockedRoom, messages: Sequence[Message], entry: Entry) -> None:
    """In a locked room: keeps what they say for the way back, and leaves stones."""
    now = timezone.now()
    Removal.objects.bulk_create(
        Removal(message=one, act=entry.pk, body=one.body, audience=one.audience, edited_at=one.edited_at)
        for one in messages
    )
    for message in messages:
        message.deleted_at = now
    log.erase(room, messages)


def put_back(entry: Entry) -> int:
    """All that an act deleted and that is still kept, as new events; how many. In the caller's transaction."""
    kept = Removal.objects.filter(act=entry.pk).select_related("message__author", "message__reply_to__author")
    by_room: dict[int, list[Removal]] = defaultdict(list)
    for removal in kept.order_by("message__seq"):
        by_room[removal.message.room_id].append(removal)
    for room in sql.lock_rooms(by_room):
        log.restore(room, [_said(room, removal) for removal in by_room[room.pk]])
    return kept.delete()[0]


class _Portion(NamedTuple):
    room_id: int
    ids: Sequence[int]


def _reach(by: Actor, room_id: int | None, person_id: int) -> tuple[Any, Any]:
    """Who and where, as the log has them; where is None for all rooms."""
    if room_id is None:
        authority.check_no_member(by)
        person = authority.find_person(person_id)
        authority.check_upon(by, person)
        return authority.of_person(person), None
    room = authority.lock(room_id)
    authority.check(by, room)
    if room.is_direct:
        raise ClientError("forbidden", _AFTER_A_REPORT)
    person = authority.find_person(person_id)
    authority.check(by, room, upon=person)
    return authority.of_person(person), authority.of_room(room)


def _portions(rows: Iterable[tuple[int, int]]) -> list[_Portion]:
    """Messages, given with their rooms, as they are deleted: the newest first."""
    by_room: dict[int, list[int]] = defaultdict(list)
    for room_id, message_id in rows:
        by_room[room_id].append(message_id)
    return [*_cut(by_room)]


def _cut(by_room: Mapping[int, Sequence[int]]) -> Iterator[_Portion]:
    for room_id, ids in by_room.items():
        for start in range(0, len(ids), AT_ONCE):
            yield _Portion(room_id, ids[start : start + AT_ONCE])


def _erase(portion: _Portion, entry: Entry) -> None:
    """What is deleted meanwhile is left out, and all once the act is taken back: who undoes locks its entry too."""
    Entry.objects.select_for_update().get(pk=entry.pk)
    if Entry.objects.filter(undoes=entry.pk).exists():
        return
    room = authority.lock(portion.room_id)
    standing = Message.objects.select_related("author").filter(pk__in=portion.ids, deleted_at=None)
    erase(room, list(standing.order_by("seq")), entry)


def _said(room: LockedRoom, removal: Removal) -> tuple[Message, Said]:
    message = removal.message
    message.body, message.edited_at, message.deleted_at = removal.body, removal.edited_at, None
    # Whom @room called it calls again, as a mark in the text and in counts; whom @online did nobody knows any more.
    circle = Circle(words={removal.audience} - {""})
    author = wire.person(message.author)
    return message, Said(room.pk, author, message.client_id, removal.body, circle=circle, answers=message.reply_to)


def _undo(entry: Entry, by: Actor) -> str:
    count = put_back(entry)
    if not count:
        raise ClientError("conflict", "What was deleted is no longer kept.")
    return f"Put {amount(count, 'message')} of {entry.person_name} back."


UNDO = {"message.remove": Undo(PERMISSION, _undo), "member.clear": Undo(PERMISSION, _undo)}
