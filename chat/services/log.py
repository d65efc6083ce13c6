"""The writing end of a room's events: whoever writes a message takes the lock and the numbers here.

Only other services call this, inside their transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models.functions import Lower
from django.utils import timezone

from chat import protocol, wire
from chat.models import Membership, Mention, Message
from chat.services import sql
from chat.services.sql import LockedRoom, Row
from chat.text import mentioned, render
from realtime_site.live import topics
from realtime_site.live.events import Event
from realtime_site.live.publish import publish_on_commit

# By room: the lower-case usernames that are mentioned and are members', with their ids.
Names = dict[int, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Entry:
    """Something said, on its way into a room's log."""

    room_id: int
    author: protocol.Person
    client_id: UUID
    body: str
    kind: sql.Kind = "text"

    @property
    def text(self) -> str:
        """What may mention people."""
        return self.body if self.kind == "text" else ""


class Spoken(NamedTuple):
    """What `_mention` needs of a stored message."""

    message_id: int
    room_id: int
    seq: int
    author_id: int
    text: str


def lock_rooms(room_ids: Iterable[int]) -> dict[int, LockedRoom]:
    """Locks the rooms until the transaction ends. Those that do not exist are left out."""
    return {room.pk: room for room in sql.lock_rooms(room_ids)}


def append(rooms: dict[int, LockedRoom], entries: Sequence[Entry]) -> list[protocol.Message]:
    """Numbers, stores and publishes entries in locked rooms. Returns the messages they became, in their order."""
    now = timezone.now()
    names = names_in((entry.room_id, entry.text) for entry in entries)
    rows = [_numbered(rooms[entry.room_id], entry, names) for entry in entries]
    ids = sql.insert(rows, now)
    mentions = _mention(
        [
            Spoken(ids[row.room_id, row.seq], row.room_id, row.seq, row.author_id, entry.text)
            for row, entry in zip(rows, entries, strict=True)
        ],
        names,
    )
    sql.store_heads([rooms[room_id] for room_id in {row.room_id for row in rows}], last_message_at=now)
    shown = [
        _as_stored(ids[row.room_id, row.seq], row, entry.author, mentions, now)
        for row, entry in zip(rows, entries, strict=True)
    ]
    _publish(shown)
    return shown


def amend(room: LockedRoom, message: Message) -> protocol.Message:
    """Numbers, stores and publishes a change to one message of a locked room: an edit, or a deletion."""
    text = message.body if message.kind == Message.Kind.TEXT and not message.deleted_at else ""
    names = names_in([(room.pk, text)])
    room.head += 1
    message.changed = room.head
    message.html = "" if message.deleted_at else render(message.body, names[room.pk])
    message.save(update_fields=["body", "html", "changed", "edited_at", "deleted_at"])
    message.mentions.all().delete()
    mentions = _mention([Spoken(message.pk, room.pk, message.seq, message.author_id, text)], names)
    sql.store_heads([room])
    shown = wire.message(message, mentions.get(message.pk, []))
    publish_on_commit(Event(topics.room(room.pk), [wire.message_event(shown)], first=room.head))
    return shown


def names_in(texts: Iterable[tuple[int, str]]) -> Names:
    """Whom texts, given with their rooms, mention. One query, if any has an @."""
    wanted: dict[int, set[str]] = {}
    for room_id, text in texts:
        wanted.setdefault(room_id, set()).update(mentioned(text))
    found: Names = {room_id: {} for room_id in wanted}
    names = set().union(*wanted.values()) if wanted else set()
    if names:
        rows = (
            Membership.objects.filter(room__in=wanted, user__is_active=True)
            .annotate(lowered=Lower("user__username"))
            .filter(lowered__in=names)
            .values_list("room_id", "lowered", "user_id")
        )
        for room_id, name, user_id in rows:
            if name in wanted[room_id]:
                found[room_id][name] = user_id
    return found


def _numbered(room: LockedRoom, entry: Entry, names: Names) -> Row:
    room.head += 1
    html = render(entry.body, names[room.pk]) if entry.text else ""
    return Row(room.pk, entry.author.id, entry.client_id, entry.kind, entry.body, html, room.head)


def _as_stored(
    message_id: int, row: Row, author: protocol.Person, mentions: dict[int, list[int]], created_at: datetime
) -> protocol.Message:
    """What `wire.message` would say of the row, without reading it back."""
    return protocol.Message(
        id=message_id,
        room=row.room_id,
        seq=row.seq,
        changed=row.seq,
        author=author,
        client_id=row.client_id,
        kind=row.kind,
        body=row.body,
        html=row.html,
        mentions=mentions.get(message_id, []),
        created_at=created_at,
        edited_at=None,
        deleted_at=None,
    )


def _mention(messages: Iterable[Spoken], names: Names) -> dict[int, list[int]]:
    """Stores who is mentioned in which message; nobody mentions themselves. Returns user ids by message id."""
    rows = [
        Mention(message_id=message.message_id, user_id=user_id, room_id=message.room_id, seq=message.seq)
        for message in messages
        if names[message.room_id]
        for name, user_id in sorted(names[message.room_id].items())
        if user_id != message.author_id and name in mentioned(message.text)
    ]
    if rows:
        Mention.objects.bulk_create(rows)
    result: dict[int, list[int]] = {}
    for row in rows:
        result.setdefault(row.message_id, []).append(row.user_id)
    return result


def _publish(messages: Iterable[protocol.Message]) -> None:
    """One event a room; the messages of a room are consecutive, since its counter was locked."""
    texts: dict[int, list[str]] = {}
    first: dict[int, int] = {}
    for message in messages:
        texts.setdefault(message.room, []).append(wire.message_event(message))
        first.setdefault(message.room, message.seq)
    publish_on_commit(*(Event(topics.room(room_id), texts[room_id], first=first[room_id]) for room_id in texts))
