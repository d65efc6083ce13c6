"""What a person may see, read in few queries.

Authorisation is part of each query: all start from the person's memberships.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, Greatest, RowNumber
from msgspec import UNSET

from chat import people, protocol, wire
from chat.access import access_membership
from chat.models import Block, Membership, Mention, Message, Room
from realtime_site.live.errors import ClientError


class CappedCount(Subquery):
    """How many rows a sliced queryset has: the database stops counting where the slice ends."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"


def rooms_of(user_id: int) -> list[protocol.Room]:
    """All rooms of a person, by name, then the newest conversations. One query, or two if there are conversations.

    `online` is left to the caller: the database does not know.
    """
    return rooms_of_all([user_id])[user_id]


def rooms_of_all(user_ids: Collection[int]) -> dict[int, list[protocol.Room]]:
    """The same for several people, in as many queries."""
    result: dict[int, list[protocol.Room]] = {user_id: [] for user_id in user_ids}
    for room, user_id in _rooms(_memberships(user_ids).exclude(pk__in=_older_conversations(user_ids))):
        result[user_id].append(room)
    return result


def room_of(*, user_id: int, room_id: int) -> protocol.Room:
    """One of them. Raises `ClientError('not_found')`."""
    found = seen_by(user_ids=[user_id], room_id=room_id)
    if not found:
        raise ClientError("not_found", "No such room.")
    return found[user_id]


def seen_by(*, user_ids: Collection[int], room_id: int) -> dict[int, protocol.Room]:
    """A room as several people see it; those who are not in it are left out."""
    return {user_id: room for room, user_id in _rooms(_memberships(user_ids).filter(room=room_id))}


def older_conversations(user_ids: Collection[int]) -> list[tuple[int, int]]:
    """Person and room, of those that are not shown any more. One query."""
    return list(Membership.objects.filter(pk__in=_older_conversations(user_ids)).values_list("user_id", "room_id"))


def _older_conversations(user_ids: Collection[int]) -> QuerySet[Any, Any]:
    """The memberships past the newest, by when something was last said there or the person opened it."""
    moved = Greatest("joined_at", Coalesce("room__last_message_at", "joined_at"))
    place = Window(RowNumber(), partition_by="user", order_by=[moved.desc(), F("room").desc()])
    mine = Membership.objects.filter(user__in=user_ids, room__kind=Room.Kind.DIRECT, room__archived_at=None)
    return mine.annotate(place=place).filter(place__gt=protocol.CONVERSATIONS).values("pk")


def _memberships(user_ids: Collection[int]) -> QuerySet[Membership]:
    unread = Message.objects.filter(room=OuterRef("room"), seq__gt=OuterRef("last_read"), deleted_at=None)
    unread = unread.filter(kind=Message.Kind.TEXT).exclude(author=OuterRef("user"))
    ignored = Block.objects.filter(blocker=OuterRef("user"), blocked=OuterRef("message__author"))
    named = Mention.objects.filter(user=OuterRef("user"), room=OuterRef("room"), seq__gt=OuterRef("last_read"))
    named = named.exclude(Exists(ignored))
    return (
        Membership.objects.filter(user__in=user_ids, room__archived_at=None)
        .select_related("room")
        .annotate(
            unread=CappedCount(unread.order_by().values("pk")[: protocol.UNREAD_CAP]),
            named=CappedCount(named.order_by().values("pk")[: protocol.UNREAD_CAP]),
        )
        .order_by("room__name", "room_id")
    )


def _rooms(memberships: Iterable[Membership]) -> list[tuple[protocol.Room, int]]:
    """Each as its person sees it, with that person."""
    rows = list(memberships)
    direct = people.talking_in(row.room for row in rows)
    rows.sort(key=lambda row: row.room_id in direct)  # conversations have no name that could be sorted by
    return [(_room(row, direct.get(row.room_id)), row.user_id) for row in rows]


def _room(membership: Any, everybody: list[Any] | None) -> protocol.Room:
    """`everybody`: of a direct conversation, who is in it."""
    room: Room = membership.room
    others = [wire.person(user) for user in everybody or () if user.pk != membership.user_id]
    return protocol.Room(
        id=room.pk,
        slug=room.slug,
        name=room.name if everybody is None else ", ".join(other.name for other in others),
        topic=room.topic,
        kind=room.kind,
        role=membership.role,
        archived=False,
        seq=room.head,
        last_read=membership.last_read,
        unread=membership.unread,
        mentions=membership.named,
        last_message_at=room.last_message_at,
        people=UNSET if everybody is None else others,
    )


# --- Messages
# ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """Messages in the order of seq, whether there are more on either side, and the room's seq they are true for."""

    messages: list[protocol.Message]
    more_before: bool
    more_after: bool
    seq: int


def history(
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


# --- People and the directory
# --------------------------------------------------------------------------------------------


def members(*, user_id: int, room_id: int, online_ids: Iterable[int]) -> list[protocol.Member]:
    """People of a room, those online first, then by name. Raises `ClientError`: `not_found`, `forbidden`."""
    access_membership(user_id=user_id, room_id=room_id)
    here = set(online_ids)
    rows = Membership.objects.select_related("user").filter(room=room_id, user__is_active=True)
    first = list(rows.filter(user__in=here).order_by("user__username")[: protocol.MEMBERS_LIMIT])
    rest = rows.exclude(user__in=here).order_by("user__username")[: protocol.MEMBERS_LIMIT - len(first)]
    return [_member(membership, here) for membership in [*first, *rest]]


def _member(membership: Membership, online: set[int]) -> protocol.Member:
    person = wire.person(membership.user)
    return protocol.Member(
        person.id, person.username, person.name, person.avatar, membership.role, membership.user_id in online
    )


def directory(*, user_id: int, query: str = "") -> QuerySet[Room]:
    """Public rooms, and the person's own private ones, each with `member_count` and `is_member`. No conversations."""
    mine = Membership.objects.filter(room=OuterRef("pk"), user=user_id)
    found = (
        Room.objects.filter(archived_at=None)
        .exclude(kind=Room.Kind.DIRECT)
        .annotate(member_count=Count("memberships"), is_member=Exists(mine))
    )
    found = found.filter(Q(kind=Room.Kind.PUBLIC) | Q(is_member=True))
    if query:
        found = found.filter(Q(name__icontains=query) | Q(topic__icontains=query))
    return found.order_by("-is_member", F("last_message_at").desc(nulls_last=True), "name")
