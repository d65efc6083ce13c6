"""The writing end of a room's events: whoever writes a message takes the lock and the numbers here.

Only other services call this, inside their transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.utils import timezone

from chat import protocol, wire
from chat.models import Mention, Message
from chat.services import calls, news, sql
from chat.services.calls import Call, Entry
from chat.services.sql import LockedRoom, Row
from realtime_site.live import topics
from realtime_site.live.events import Event
from realtime_site.live.publish import publish_on_commit


def lock_rooms(room_ids: Iterable[int]) -> dict[int, LockedRoom]:
    """Locks the rooms until the transaction ends. Those that do not exist are left out."""
    return {room.pk: room for room in sql.lock_rooms(room_ids)}


def append(rooms: Mapping[int, LockedRoom], entries: Sequence[Entry]) -> list[protocol.Message]:
    """Numbers, stores, tells and publishes entries in locked rooms. Returns the messages they became, in order."""
    now = timezone.now()
    called = calls.resolve(entries)
    rows = [_numbered(rooms[entry.room_id], entry, call) for entry, call in zip(entries, called, strict=True)]
    ids = sql.insert(rows, now)
    shown = [
        _as_stored(ids[row.room_id, row.seq], row, entry, call, now)
        for row, entry, call in zip(rows, entries, called, strict=True)
    ]
    sql.insert_mentions(
        [one for message, call in zip(shown, called, strict=True) if call.by for one in _mentions(message, call)]
    )
    sql.store_heads([rooms[room_id] for room_id in {row.room_id for row in rows}], last_message_at=now)
    news.tell_posted(rooms, list(zip(shown, entries, called, strict=True)))
    _publish(shown)
    return shown


def amend(room: LockedRoom, message: Message, entry: Entry) -> protocol.Message:
    """Numbers, stores, tells and publishes an edit of one message of a locked room."""
    before = dict(message.mentions.values_list("user_id", "by"))
    call = calls.resolve([entry])[0]
    message.html, message.audience = call.html, call.audience
    shown = _change(room, [(message, call, wire.quote(entry.answers) if entry.answers else None)])[0]
    news.tell_edited(room, (shown, entry, call), before)
    return shown


def erase(room: LockedRoom, messages: Sequence[Message]) -> list[protocol.Message]:
    """The same of deletions. Answers quote what is stored, so they lose its words with this."""
    for message in messages:
        message.body, message.html, message.audience = "", "", ""
    shown = _change(room, [(message, _NOTHING, None) for message in messages])
    news.tell_deleted(room, [message.pk for message in messages])
    return shown


def restore(room: LockedRoom, said: Sequence[tuple[Message, Entry]]) -> list[protocol.Message]:
    """The same of deletions that are taken back. Who was told of a message once is not told again."""
    called = calls.resolve([entry for _, entry in said])
    for (message, _), call in zip(said, called, strict=True):
        message.html, message.audience = call.html, call.audience
    return _change(
        room,
        [
            (message, call, wire.quote(entry.answers) if entry.answers else None)
            for (message, entry), call in zip(said, called, strict=True)
        ],
    )


def say(room: LockedRoom, user: Any, what: str) -> None:
    """A system message in a locked room: `Alice joined`."""
    author = wire.person(user)
    append({room.pk: room}, [Entry(room.pk, author, uuid4(), f"{author.name} {what}", "system")])


_NOTHING = Call("", "", {})
_CHANGED = ["body", "html", "audience", "changed", "edited_at", "deleted_at"]


def _change(room: LockedRoom, changed: Sequence[tuple[Message, Call, protocol.Quote | None]]) -> list[protocol.Message]:
    """Each takes the next number. The same few statements however many they are."""
    if not changed:
        return []
    first = room.head + 1
    for room.head, (message, _, _) in enumerate(changed, first):
        message.changed = room.head
    Message.objects.bulk_update([message for message, _, _ in changed], _CHANGED)
    Mention.objects.filter(message__in=[message for message, _, _ in changed]).delete()
    shown = [wire.message(message, call.named, answered) for message, call, answered in changed]
    calls_of_all = zip(shown, changed, strict=True)
    sql.insert_mentions([one for message, (_, call, _) in calls_of_all for one in _mentions(message, call)])
    sql.store_heads([room])
    publish_on_commit(Event(topics.room(room.pk), [wire.message_event(message) for message in shown], first=first))
    return shown


def _numbered(room: LockedRoom, entry: Entry, call: Call) -> Row:
    room.head += 1
    answers = entry.answers.pk if entry.answers else None
    return Row(
        room.pk,
        entry.author.id,
        entry.client_id,
        entry.kind,
        entry.body,
        call.html,
        room.head,
        answers,
        call.audience,
    )


def _as_stored(message_id: int, row: Row, entry: Entry, call: Call, created_at: datetime) -> protocol.Message:
    """What `wire.message` would say of the row, without reading it back."""
    return protocol.Message(
        id=message_id,
        room=row.room_id,
        seq=row.seq,
        changed=row.seq,
        author=entry.author,
        client_id=row.client_id,
        kind=row.kind,
        body=row.body,
        html=row.html,
        mentions=call.named if call.by else [],
        audience=row.audience,
        reply_to=wire.quote(entry.answers) if entry.answers else None,
        created_at=created_at,
        edited_at=None,
        deleted_at=None,
    )


def _mentions(message: protocol.Message, call: Call) -> list[sql.Called]:
    return [sql.Called(message.id, user_id, message.room, message.seq, by) for user_id, by in call.by.items()]


def _publish(messages: Iterable[protocol.Message]) -> None:
    """One event a room; the messages of a room are consecutive, since its counter was locked."""
    texts: dict[int, list[str]] = {}
    first: dict[int, int] = {}
    for message in messages:
        texts.setdefault(message.room, []).append(wire.message_event(message))
        first.setdefault(message.room, message.seq)
    publish_on_commit(*(Event(topics.room(room_id), texts[room_id], first=first[room_id]) for room_id in texts))
