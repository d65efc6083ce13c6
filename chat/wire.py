"""From rows to what goes over the wire. Knows models and protocol; asks no database of its own."""

from typing import Any

import msgspec

from chat import protocol
from chat.models import Message, Room
from chat.text import plain

_encoder = msgspec.json.Encoder()


def person(user: Any) -> protocol.Person:
    """`user`: the site's user model. A host's own model needs no `name` and no `avatar_url`."""
    username = user.get_username()
    return protocol.Person(user.pk, username, getattr(user, "name", "") or username, getattr(user, "avatar_url", None))


def message(row: Message, mentions: list[int], answered: protocol.Quote | None = None) -> protocol.Message:
    """`row.author` must be loaded; `answered` quotes what it replies to. A deleted message shows nothing of what it
    was.
    """
    gone = row.deleted_at is not None
    return protocol.Message(
        id=row.pk,
        room=row.room_id,
        seq=row.seq,
        changed=row.changed,
        author=person(row.author),
        client_id=row.client_id,
        kind="system" if row.kind == Message.Kind.SYSTEM else "text",
        body="" if gone else row.body,
        html="" if gone else row.html,
        mentions=[] if gone else mentions,
        audience="" if gone else row.audience,
        reply_to=None if gone else answered,
        created_at=row.created_at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
    )


def quote(row: Message) -> protocol.Quote:
    """A message as its answers quote it. `row.author` must be loaded."""
    gone = row.deleted_at is not None
    text = "" if gone else plain(row.html, protocol.QUOTE_CHARACTERS) or row.body[: protocol.QUOTE_CHARACTERS]
    return protocol.Quote(row.pk, row.seq, person(row.author), text, gone)


def message_event(shown: protocol.Message, *, after: int | None = None) -> str:
    """The text of a `message` event. `after`: the seq before it, where that is not `seq - 1`."""
    event = protocol.MessageEvent(shown.room, shown.changed, shown)
    if after is not None and after != shown.changed - 1:
        event = msgspec.structs.replace(event, after=after)
    return encode(event)


def described(room: Room) -> protocol.Room:
    """What everybody in the room may know when it changes."""
    return protocol.Room(
        id=room.pk,
        slug=room.slug,
        name=room.name,
        topic=room.topic,
        kind=room.kind,
        archived=room.archived_at is not None,
        slow_mode_seconds=room.slow_mode_seconds,
        read_only=room.read_only,
    )


def encode(value: Any) -> str:
    return _encoder.encode(value).decode()
