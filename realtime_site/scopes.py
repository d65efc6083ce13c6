"""Who may hear what happens where: `settings.NOTIFICATION_HEARERS`. Here the only scopes are rooms."""

from collections.abc import Collection

from chat.models import Block, Membership


def hearers(scope: str, user_ids: Collection[int], actor_id: int | None) -> set[int]:
    """Those of the people who are in the room and have not blocked whoever acts. One query."""
    kind, _, number = scope.partition(":")
    if kind != "room" or not (number.isascii() and number.isdigit() and len(number) < 19):
        return set()
    found = Membership.objects.filter(room=int(number), user__in=user_ids, user__is_active=True, room__archived_at=None)
    if actor_id is not None:
        found = found.exclude(user__in=Block.objects.filter(blocked=actor_id).values("blocker"))
    return set(found.values_list("user_id", flat=True))
