"""Who may hear what happens where: `settings.NOTIFICATION_HEARERS`. Here the only scopes are rooms."""

from collections.abc import Collection

from chat.models import Membership


def hearers(scope: str, user_ids: Collection[int]) -> set[int]:
    """Those of the people who are in the room. One query."""
    kind, _, number = scope.partition(":")
    if kind != "room" or not (number.isascii() and number.isdigit() and len(number) < 19):
        return set()
    found = Membership.objects.filter(room=int(number), user__in=user_ids, room__archived_at=None)
    return set(found.values_list("user_id", flat=True))
