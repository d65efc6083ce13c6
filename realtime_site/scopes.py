"""Who may hear what happens where, and what it is called: `settings.NOTIFICATION_HEARERS`, `NOTIFICATION_SCOPES`.

Here the only scopes are rooms.
"""

from collections.abc import Collection

from chat.models import Block, Membership
from chat.selectors import rooms_of


def hearers(scope: str, user_ids: Collection[int], actor_id: int | None) -> set[int]:
    """Those of the people who are in the room and have not blocked whoever acts. One query."""
    number = _room(scope)
    if number is None:
        return set()
    found = Membership.objects.filter(room=number, user__in=user_ids, user__is_active=True, room__archived_at=None)
    if actor_id is not None:
        found = found.exclude(user__in=Block.objects.filter(blocked=actor_id).values("blocker"))
    return set(found.values_list("user_id", flat=True))


def places(user_id: int, scopes: Collection[str]) -> dict[str, tuple[str, str]]:
    """Name and address of the person's rooms among these, by name. One query; two with direct conversations."""
    numbers = {number for scope in scopes if (number := _room(scope)) is not None}
    mine = [(str(room.name), room) for room in rooms_of(user_id) if room.id in numbers]
    mine.sort(key=lambda named: named[0].casefold())
    return {f"room:{room.id}": (name, f"/rooms/{room.slug}/") for name, room in mine}


def _room(scope: str) -> int | None:
    """A room has one scope: `room:01` is none."""
    kind, _, number = scope.partition(":")
    if kind != "room" or not number.isascii() or not number.isdigit() or len(number) >= 19:
        return None
    return int(number) if number == str(int(number)) else None
