"""The one place that numbers a room's events: whoever writes a message takes the lock and the numbers here.

Only other services call this, inside their transaction.
"""

from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models.functions import Lower

from chat import protocol, wire
from chat.models import Membership, Mention, Message, Room
from chat.text import mentioned, render
from realtime_site.live import topics
from realtime_site.live.events import Event
from realtime_site.live.publish import publish_on_commit


def lock_rooms(room_ids: Iterable[int]) -> dict[int, Room]:
    """Locks the rooms until the transaction ends, in the order of their ids, so that two transactions never wait for
    each other.
    """
    wanted = sorted(set(room_ids))
    return {room.pk: room for room in Room.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}


def append(rooms: dict[int, Room], drafts: Sequence[Message]) -> dict[int, protocol.Message]:
    """Numbers, stores and publishes new messages in locked rooms. `author` of each is loaded.

    Returns them by id, in order.
    """
    known = names_in(drafts)
    for draft in drafts:
        room = rooms[draft.room_id]
        room.head += 1
        room.last_message_at = draft.created_at
        draft.seq = draft.changed = room.head
        if draft.kind == Message.Kind.TEXT:
            draft.html = render(draft.body, known[draft.room_id])
    Message.objects.bulk_create(drafts)
    mentions = _mention(drafts, known)
    _store_heads([rooms[pk] for pk in sorted({draft.room_id for draft in drafts})])
    shown = {draft.pk: wire.message(draft, mentions.get(draft.pk, [])) for draft in drafts}
    for room_id in {draft.room_id for draft in drafts}:
        texts = [wire.message_event(message) for message in shown.values() if message.room == room_id]
        publish_on_commit(Event(topics.room(room_id), texts, first=rooms[room_id].head - len(texts) + 1))
    return shown


def amend(room: Room, message: Message) -> protocol.Message:
    """Numbers, stores and publishes a change to one message of a locked room: an edit, or a deletion."""
    known = names_in([message])
    room.head += 1
    message.changed = room.head
    message.html = "" if message.deleted_at else render(message.body, known[room.pk])
    message.save(update_fields=["body", "html", "changed", "edited_at", "deleted_at"])
    message.mentions.all().delete()
    mentions = _mention([message], known)
    _store_heads([room])
    shown = wire.message(message, mentions.get(message.pk, []))
    publish_on_commit(Event(topics.room(room.pk), [wire.message_event(shown)], first=room.head))
    return shown


def names_in(drafts: Iterable[Message]) -> dict[int, dict[str, int]]:
    """Per room, the lower-case usernames that the drafts mention and that are members', with their ids.

    One query, if any has an @.
    """
    wanted: dict[int, set[str]] = {}
    for draft in drafts:
        text = draft.body if draft.kind == Message.Kind.TEXT and not draft.deleted_at else ""
        wanted.setdefault(draft.room_id, set()).update(mentioned(text))
    found: dict[int, dict[str, int]] = {room_id: {} for room_id in wanted}
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


def _mention(messages: Sequence[Message], known: dict[int, dict[str, int]]) -> dict[int, list[int]]:
    """Stores who is mentioned in which message; nobody mentions themselves. Returns user ids by message id."""
    rows = [
        Mention(message=message, user_id=user_id, room_id=message.room_id, seq=message.seq)
        for message in messages
        if known[message.room_id] and message.kind == Message.Kind.TEXT and not message.deleted_at
        for name, user_id in sorted(known[message.room_id].items())
        if user_id != message.author_id and name in mentioned(message.body)
    ]
    if rows:
        Mention.objects.bulk_create(rows)
    result: dict[int, list[int]] = {}
    for row in rows:
        result.setdefault(row.message_id, []).append(row.user_id)
    return result


def _store_heads(rooms: Sequence[Room]) -> None:
    """One statement for all: `bulk_update` spends more time on building its CASE than the database on the rows.

    The rooms of one call have one time in common: all their messages are written now.
    """
    moment = connection.ops.adapt_datetimefield_value(rooms[0].last_message_at)
    pairs = [number for room in rooms for number in (room.pk, room.head)]
    values = ", ".join(["(%s, %s)"] * len(rooms))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE chat_room SET head = v.column2, last_message_at = %s FROM (VALUES {values}) AS v"  # noqa: S608
            " WHERE chat_room.id = v.column1",
            [moment, *pairs],
        )
