"""Reading people: who can be written to, who is in a conversation, who has blocked whom."""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from chat import protocol, wire
from chat.models import Block, Membership, Room, people_of


def find(*, user_id: int, query: str) -> list[protocol.Person]:
    """Active people other than oneself, by the beginning of their username or of a word of their name.

    An empty query gives those one talked to last, then others one shares a room with.
    """
    words = " ".join(query.split()).removeprefix("@")
    return [wire.person(user) for user in (_named(user_id, words) if words else _near(user_id))]


def talking_in(rooms: Iterable[Room]) -> dict[int, list[Any]]:
    """Whose those of the rooms are that are conversations, by username. One query, if there are any."""
    ids = {room.pk: people_of(room.people_key) for room in rooms if room.people_key}
    wanted = frozenset().union(*ids.values())
    users = get_user_model().objects.filter(pk__in=wanted).order_by("username") if wanted else ()
    places = {user.pk: (place, user) for place, user in enumerate(users)}
    return {
        room_id: [user for _, user in sorted(places[pk] for pk in of_room if pk in places)]
        for room_id, of_room in ids.items()
    }


def blocked_by_all(user_ids: Collection[int]) -> dict[int, list[int]]:
    """The ids of those whom each of some people has blocked. One query."""
    found: dict[int, list[int]] = {user_id: [] for user_id in user_ids}
    rows = Block.objects.filter(blocker__in=found).order_by("blocked_id")
    for blocker, blocked in rows.values_list("blocker_id", "blocked_id"):
        found[blocker].append(blocked)
    return found


def by_username(username: str) -> Any | None:
    """An active person, whatever the case of the letters."""
    return get_user_model().objects.filter(username__iexact=username.lstrip("@"), is_active=True).first()


def _others(user_id: int) -> QuerySet[Any]:
    return get_user_model().objects.filter(is_active=True).exclude(pk=user_id)


def _named(user_id: int, words: str) -> QuerySet[Any]:
    """Those whose username begins like it come first."""
    username = Q(username__istartswith=words)
    matches = username
    for field in _name_fields():
        matches |= Q(**{f"{field}__istartswith": words}) | Q(**{f"{field}__icontains": f" {words}"})
    rank = Case(When(username, then=Value(0)), default=Value(1), output_field=IntegerField())
    return _others(user_id).filter(matches).order_by(rank, "username")[: protocol.FIND_LIMIT]


def _near(user_id: int) -> list[Any]:
    mine = Membership.objects.filter(user=user_id)
    talked = (
        Membership.objects.select_related("user")
        .filter(room__in=mine.values("room"), room__kind=Room.Kind.DIRECT, room__last_message_at__isnull=False)
        .filter(user__is_active=True)
        .exclude(user=user_id)
        .order_by("-room__last_message_at")[: protocol.FIND_LIMIT * 2]
    )
    found = list({membership.user_id: membership.user for membership in talked}.values())[: protocol.FIND_LIMIT]
    if len(found) < protocol.FIND_LIMIT:
        shares = Membership.objects.filter(user=OuterRef("pk"), room__in=mine.values("room"))
        rest = _others(user_id).filter(Exists(shares)).exclude(pk__in=[user.pk for user in found])
        found += rest.order_by("username")[: protocol.FIND_LIMIT - len(found)]
    return found


def _name_fields() -> list[str]:
    """Where a host's own user model keeps what people call themselves."""
    found = []
    for name in ("display_name", "first_name", "last_name"):
        try:
            get_user_model()._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        found.append(name)
    return found
