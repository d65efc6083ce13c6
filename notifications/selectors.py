"""What a person may see of their notifications: their own, and nothing of what was withdrawn."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from django.db.models import OuterRef, QuerySet, Subquery

from notifications import protocol, wire
from notifications.catalogue import mention_kinds
from notifications.models import Device, Inbox, Level, Notification
from realtime_site.live.auth import Credentials, authenticate
from realtime_site.live.errors import ClientError


class CappedCount(Subquery):
    """How many rows a sliced queryset has: the database stops counting where the slice ends."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"


def unread_rows(user: Any) -> QuerySet[Notification]:
    """Shown, unread, not withdrawn: what the badge counts. `user`: an id, or an expression."""
    return Notification.objects.filter(user=user, shown=True, read_at=None, withdrawn_at=None).order_by()


@dataclass(frozen=True)
class Standing:
    """How far an inbox has counted, and how many of it are unread, up to `protocol.UNREAD_CAP`."""

    seq: int = 0
    unread: int = 0


def standings(user_ids: Collection[int]) -> dict[int, Standing]:
    """Those of people who have an inbox, in one query."""
    unread = CappedCount(unread_rows(OuterRef("user")).values("pk")[: protocol.UNREAD_CAP])
    rows = Inbox.objects.filter(user__in=user_ids).annotate(unread=unread).values_list("user", "head", "unread")
    return {user_id: Standing(head, count) for user_id, head, count in rows}


def unread_of(user_id: int) -> int:
    """Up to `protocol.UNREAD_CAP`. One query."""
    return unread_rows(user_id)[: protocol.UNREAD_CAP].count()


def summaries(user_ids: Collection[int], push_key: str | None) -> dict[int, protocol.Summary]:
    """What `welcome` says of each person's inbox. Two queries, whatever the number of people."""
    standing, levels = standings(user_ids), _levels(user_ids)
    return {
        user_id: protocol.Summary(one.seq, one.unread, levels.get(user_id, {}), push_key)
        for user_id in user_ids
        for one in [standing.get(user_id, Standing())]
    }


@dataclass(frozen=True)
class Page:
    """Notifications, the newest first; whether there are older ones; and how the inbox stands."""

    notifications: list[protocol.Notification]
    more: bool
    unread: int
    seq: int


def page(
    *, user_id: int, view: protocol.View = "all", before: int | None = None, limit: int = protocol.LIST_LIMIT
) -> Page:
    """At most `limit` of an inbox, with a `seq` below `before`."""
    standing = standings([user_id]).get(user_id, Standing())
    rows = unread_rows(user_id) if view == "unread" else Notification.objects.filter(user=user_id, shown=True)
    rows = rows.filter(withdrawn_at=None)
    if view == "mentions":
        rows = rows.filter(kind__in=mention_kinds())
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows.select_related("actor").order_by("-seq")[: limit + 1])
    shown = [wire.notification(row) for row in found[:limit]]
    return Page(shown, len(found) > limit, standing.unread, standing.seq)


@dataclass(frozen=True)
class Changes:
    """Notifications in the order of `changed`, withdrawn ones too. `reset`: there are too many; load a page afresh."""

    notifications: list[protocol.Notification]
    seq: int
    unread: int
    reset: bool


def changes(*, user_id: int, after: int) -> Changes:
    """What happened in an inbox after its number `after`."""
    found = changed_rows(user_id=user_id, after=after)
    shown = [wire.notification(row) for row in found.rows]
    return Changes(shown, found.standing.seq, found.standing.unread, found.reset)


class ChangedRows(NamedTuple):
    rows: list[Notification]
    standing: Standing
    reset: bool


def changed_rows(*, user_id: int, after: int) -> ChangedRows:
    """The same as rows. What came after the standing was read raises its `seq` along."""
    standing = standings([user_id]).get(user_id, Standing())
    rows = (
        Notification.objects.filter(user=user_id, changed__gt=after).select_related("actor").order_by("changed", "seq")
    )
    found = list(rows[: protocol.SYNC_LIMIT + 1])
    if len(found) > protocol.SYNC_LIMIT:
        return ChangedRows([], standing, reset=True)
    seq = max(standing.seq, (found[-1].changed or 0) if found else 0)
    return ChangedRows(found, Standing(seq, standing.unread), reset=False)


class Together(NamedTuple):
    """What was read, or made unread, as one number of an inbox; `last`: the highest `seq` of them."""

    ids: list[int]
    last: int
    read: bool


def changed_together(*, user_id: int, number: int) -> Together:
    rows = Notification.objects.filter(user=user_id, changed=number).order_by("seq").values_list("pk", "seq", "read_at")
    found = list(rows)
    return Together([pk for pk, _, _ in found], found[-1][1] or 0 if found else 0, any(at for _, _, at in found))


def newest_change(user_id: int) -> Notification | None:
    rows = Notification.objects.filter(user=user_id, changed__isnull=False)
    return rows.select_related("actor").order_by("-changed", "-seq").first()


def one(*, user_id: int, notification_id: int) -> protocol.Notification:
    """Raises `ClientError('not_found')` for one that is not the person's to see."""
    rows = Notification.objects.filter(user=user_id, pk=notification_id, shown=True, withdrawn_at=None)
    found = rows.select_related("actor").first()
    if found is None:
        raise ClientError("not_found", "No such notification. What it was about may have been deleted.")
    return wire.notification(found)


def levels_of(user_id: int) -> dict[str, protocol.LevelValue]:
    """Scopes whose level the person has chosen."""
    return _levels([user_id]).get(user_id, {})


def devices_of(user_id: int) -> list[Device]:
    """Those that take pushes, the newest first: where the person is logged in still."""
    devices = list(Device.objects.filter(user=user_id))
    here = signed_in(devices)
    return [device for device in devices if device.pk in here]


def signed_in(devices: Iterable[Device]) -> set[int]:
    """The ids of those whose session logs in the person they belong to. Three queries, however many they are."""
    by = {device.pk: (Credentials(None, device.session_key), device.user_id) for device in devices}
    identities = authenticate({credentials for credentials, _ in by.values()}) if by else {}
    return {
        device
        for device, (credentials, user_id) in by.items()
        if credentials in identities and identities[credentials].user.pk == user_id
    }


def _levels(user_ids: Collection[int]) -> dict[int, dict[str, protocol.LevelValue]]:
    found: dict[int, dict[str, protocol.LevelValue]] = {}
    for user_id, scope, value in Level.objects.filter(user__in=user_ids).values_list("user", "scope", "value"):
        found.setdefault(user_id, {})[scope] = cast(protocol.LevelValue, value)
    return found
