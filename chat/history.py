"""What was said in a room, read in few queries: pages of it, and what changed.

Authorisation is part of what takes a `user_id`; the others are for those who have checked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from chat import protocol, wire
from chat.access import access_membership
from chat.models import Mention, Message, Room


@dataclass(frozen=True)
class Page:
    """Messages in the order of seq, whether there are more on either side, and the room's seq they are true for."""

    messages: list[protocol.Message]
    more_before: bool
    more_after: bool
    seq: int


def page(
    *,
    user_id: int,
    room_id: int,
    before: int | None = None,
    after: int | None = None,
    around: int | None = None,
    limit: int = 50,
) -> Page:
    """A page of a room; at most one of `before`, `after`, `around` (seqs).

    Raises `ClientError`: `not_found`, `forbidden`.
    """
    head = access_membership(user_id=user_id, room_id=room_id).room.head
    rows = Message.objects.filter(room=room_id)
    if around is not None:
        older = _older(rows.filter(seq__lt=around), limit // 2 + 1)
        newer = _newer(rows.filter(seq__gte=around), limit - limit // 2 + 1)
        more_before, more_after = len(older) > limit // 2, len(newer) > limit - limit // 2
        found = older[-(limit // 2) :] * bool(limit // 2) + newer[: limit - limit // 2]
    elif after is not None:
        newer = _newer(rows.filter(seq__gt=after), limit + 1)
        more_before, more_after, found = after > 0, len(newer) > limit, newer[:limit]
    else:
        older = _older(rows if before is None else rows.filter(seq__lt=before), limit + 1)
        more_before, more_after, found = len(older) > limit, before is not None and before <= head, older[-limit:]
    first, end = _within(found, around if around is not None else (after if after is not None else head))
    return Page(shown(found[first:end]), more_before or first > 0, more_after or end < len(found), head)


def _within(rows: Sequence[Message], seq: int) -> tuple[int, int]:
    """The part of a page, from and to, that is not too long for one answer: nearest to `seq`, one message at least."""
    nearest = sorted(range(len(rows)), key=lambda place: abs(rows[place].seq - seq))
    taken, characters = set[int](), 0
    for place in nearest:
        characters += _size(rows[place])
        if taken and characters > protocol.ANSWER_CHARACTERS:
            break
        taken.add(place)
    return (min(taken), max(taken) + 1) if taken else (0, 0)


def _size(row: Message) -> int:
    quoted = protocol.QUOTE_CHARACTERS if row.reply_to_id else 0
    return len(row.body) + len(row.html) + quoted


def _older(rows: QuerySet[Message], limit: int) -> list[Message]:
    return list(rows.select_related("author").order_by("-seq")[:limit])[::-1]


def _newer(rows: QuerySet[Message], limit: int) -> list[Message]:
    return list(rows.select_related("author").order_by("seq")[:limit])


@dataclass(frozen=True)
class Changes:
    """Messages in the order of `changed`. `reset`: there are too many; load the history afresh."""

    messages: list[protocol.Message]
    seq: int
    reset: bool


def changes(*, user_id: int, room_id: int, after: int) -> Changes:
    """What happened in a room after event number `after`. Raises `ClientError`: `not_found`, `forbidden`."""
    access_membership(user_id=user_id, room_id=room_id)
    return changes_since(room_id=room_id, after=after)


def changes_since(*, room_id: int, after: int) -> Changes:
    """The same for whoever has checked already. What came after the head was read raises `seq` along."""
    head = Room.objects.values_list("head", flat=True).filter(pk=room_id).first() or 0
    rows = Message.objects.select_related("author").filter(room=room_id, changed__gt=after).order_by("changed")
    found = list(rows[: protocol.SYNC_LIMIT + 1])
    if len(found) > protocol.SYNC_LIMIT or sum(map(_size, found)) > protocol.ANSWER_CHARACTERS:
        return Changes([], head, reset=True)
    head = max(head, found[-1].changed if found else 0)
    return Changes(shown(found), head, reset=False)


def newest_change(*, room_id: int) -> protocol.Message:
    """The message that changed last. Raises `Message.DoesNotExist` for a room without any."""
    return shown(
        [Message.objects.select_related("author").filter(room=room_id).order_by("changed").reverse()[:1].get()]
    )[0]


def shown(rows: Iterable[Message]) -> list[protocol.Message]:
    """Rows as the wire shows them: their mentions read in one query, what they answer, if any does, in another."""
    rows = list(rows)
    mentions: dict[int, list[int]] = {}
    named = Mention.objects.filter(message__in=rows, by=Mention.By.NAME).order_by("user_id")
    for message_id, user_id in named.values_list("message", "user"):
        mentions.setdefault(message_id, []).append(user_id)
    answered = _quotes({row.reply_to_id for row in rows if row.reply_to_id is not None})
    return [wire.message(row, mentions.get(row.pk, []), answered.get(row.reply_to_id or 0)) for row in rows]


def _quotes(ids: set[int]) -> dict[int, protocol.Quote]:
    found = Message.objects.select_related("author").in_bulk(ids) if ids else {}
    return {pk: wire.quote(row) for pk, row in found.items()}
