"""Who may not write somewhere, or not be there: reading restrictions, and the words in which people are refused.

One that is over by its time counts no more; nothing has to tidy it up for that.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from math import ceil
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from chat.models import Restriction
from realtime_site.live.errors import ClientError

# How the wire says that nobody said until when.
FOR_GOOD = datetime(9999, 12, 31, tzinfo=UTC)
# As the maintenance page of a proxy would: soon enough for people, seldom enough for a thousand outboxes.
MAINTENANCE_RETRY_SECONDS = 30.0
Kind = Restriction.Kind
_UNITS = ((86_400, "day", "days"), (3_600, "h", "h"), (60, "min", "min"))
_REFUSED = {Kind.MUTE: "You are muted", Kind.BAN: "You are banned from this room"}


def in_force(kind: str) -> QuerySet[Restriction]:
    """What holds now."""
    return Restriction.objects.filter(Q(until=None) | Q(until__gt=timezone.now()), kind=kind, lifted_at=None)


def mutes(pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], Restriction]:
    """Of each room and person the mute that lasts longest, its own or that of all rooms. One query, if any is asked."""
    if not pairs:
        return {}
    found: dict[tuple[int, int], Restriction] = {}
    rows = list(in_force(Kind.MUTE).filter(user__in={user_id for _, user_id in pairs}))
    for mute in sorted(rows, key=lambda row: row.until or FOR_GOOD):
        found |= {pair: mute for pair in pairs if pair[1] == mute.user_id and mute.room_id in (pair[0], None)}
    return found


def muted_until(pairs: Collection[tuple[int, int]]) -> dict[tuple[int, int], datetime | None]:
    """The same as the wire has it: None for those who are not."""
    found = mutes(pairs)
    return {pair: (found[pair].until or FOR_GOOD) if pair in found else None for pair in pairs}


def of_membership() -> Subquery:
    """Until when the person of a membership is muted in its room, for a query of memberships."""
    mine = in_force(Kind.MUTE).filter(Q(room=OuterRef("room")) | Q(room=None), user=OuterRef("user"))
    ends: Any = Coalesce("until", Value(FOR_GOOD))
    return Subquery(mine.annotate(ends=ends).order_by("-ends").values("ends")[:1])


def check_not_banned(*, room_id: int, user_id: int) -> None:
    """Raises `ClientError('forbidden')`."""
    ban = in_force(Kind.BAN).filter(room=room_id, user=user_id).first()
    if ban:
        raise refusal(ban)


def refusal(restriction: Restriction) -> ClientError:
    """Until when, and why."""
    until = "" if restriction.until is None else f" until {moment(restriction.until)}"
    why = f": {restriction.reason}" if restriction.reason else ""
    end = "" if why.endswith((".", "!", "?")) else "."
    return ClientError("forbidden", f"{_REFUSED[Kind(restriction.kind)]}{until}{why}{end}")


def maintained(reason: str) -> ClientError:
    """What whoever writes gets while nobody may."""
    return ClientError("unavailable", reason, retry_after=MAINTENANCE_RETRY_SECONDS)


def lasting(until: datetime | None) -> str:
    """For how long from now, roughly, in words; empty where there is no end."""
    if until is None:
        return ""
    seconds = ceil((until - timezone.now()).total_seconds())
    unit = next((unit for unit, *_ in _UNITS if seconds >= 2 * unit), 1)
    return span(max(1, round(seconds / unit)) * unit)


def span(seconds: int) -> str:
    """In words, exactly: `30 s`, `5 min`, `2 h`, `7 days`."""
    for unit, name, names in _UNITS:
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds // unit} {name if seconds == unit else names}"
    return f"{seconds} s"


def moment(at: datetime) -> str:
    """A time in words, in the site's zone."""
    here = timezone.localtime(at)
    return f"{here.day} {here:%B %Y, %H:%M %Z}"
