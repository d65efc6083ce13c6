"""Which rooms a person sees, and who is in them, read in few queries.

Authorisation is part of each query: all start from the person's memberships.
"""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, When, Window
from django.db.models.functions import Coalesce, Greatest, RowNumber
from msgspec import UNSET

from chat import people, protocol, restraint, wire
from chat.access import access_membership
from chat.models import Block, Membership, Mention, Message, Report, Room
from realtime_site.live.errors import ClientError

MODERATORS = (Membership.Role.OWNER, Membership.Role.MODERATOR)


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
    # Nobody judges what was reported of themselves, nor learns who did.
    reports = Report.objects.filter(room=OuterRef("room"), handled_at=None).exclude(message__author=OuterRef("user"))
    return (
        Membership.objects.filter(user__in=user_ids, room__archived_at=None)
        .select_related("room")
        .annotate(
            unread=CappedCount(unread.order_by().values("pk")[: protocol.UNREAD_CAP]),
            named=CappedCount(named.order_by().values("pk")[: protocol.UNREAD_CAP]),
            muted_until=restraint.of_membership(),
            reports=Case(
                When(role__in=MODERATORS, then=CappedCount(reports.order_by().values("pk")[: protocol.REPORTS_LIMIT]))
            ),
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
        slow_mode_seconds=room.slow_mode_seconds,
        read_only=room.read_only,
        muted_until=membership.muted_until,
        reports=UNSET if membership.reports is None else membership.reports,
    )


def members(*, user_id: int, room_id: int, online_ids: Iterable[int]) -> list[protocol.Member]:
    """People of a room, those online first, then by name. Raises `ClientError`: `not_found`, `forbidden`."""
    membership = access_membership(user_id=user_id, room_id=room_id)
    room, here = membership.room, set(online_ids)
    if room.kind == Room.Kind.DIRECT:
        talking = [Membership(user=user) for user in people.talking_in([room])[room.pk] if user.is_active]
        return sorted((_member(one, here) for one in talking), key=lambda one: not one.online)
    rows = Membership.objects.select_related("user").filter(room=room_id, user__is_active=True)
    first = list(rows.filter(user__in=here).order_by("user__username")[: protocol.MEMBERS_LIMIT])
    rest = rows.exclude(user__in=here).order_by("user__username")[: protocol.MEMBERS_LIMIT - len(first)]
    found = [_member(row, here) for row in [*first, *rest]]
    return _with_mutes(room_id, found) if membership.role in MODERATORS else found


def _with_mutes(room_id: int, members: list[protocol.Member]) -> list[protocol.Member]:
    """Who of them is muted is told to moderators only. One query."""
    until = restraint.muted_until([(room_id, member.id) for member in members])
    return [msgspec.structs.replace(member, muted_until=until[room_id, member.id]) for member in members]


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
