"""What is true of taken rows at this moment: read in bulk, a query a table whatever the number of rows."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Max, Q

from notifications import policy
from notifications.delivery import standing
from notifications.delivery.recheck import NOTHING_NEW, POSTPONE_CLOSE, DeviceState, Facts, Purpose
from notifications.models import Delivery, Device, Inbox, Notification, Preferences
from notifications.selectors import signed_in

# What is taken now is due again after this at the latest: whatever is due sooner is on its way, or about to be.
COMING = timedelta(minutes=1)
_PURPOSES: dict[str, Purpose] = {"show": "show", "close": "close", "test": "test"}


class Context:
    """What rows are about, each by its id."""

    def __init__(self, rows: Collection[Delivery]) -> None:
        people = {row.user_id for row in rows}
        self.notifications: dict[int, Notification] = Notification.objects.select_related("actor").in_bulk(
            [row.notification_id for row in rows if row.notification_id]
        )
        self.devices: dict[int, Device] = Device.objects.in_bulk([row.device_id for row in rows if row.device_id])
        self.people: dict[int, Any] = get_user_model()._default_manager.in_bulk(people)
        self.preferences: dict[int, Preferences] = Preferences.objects.in_bulk(people)


def of_pushes(rows: Collection[Delivery], context: Context, now: datetime) -> list[Facts]:
    """For each row, in their order."""
    active = dict(Inbox.objects.filter(pk__in=context.people, active_at__isnull=False).values_list("pk", "active_at"))
    standings = standing.of_rows(rows, context.notifications)
    here = signed_in(context.devices.values())
    shown, coming = _newer([row for row in rows if row.purpose == Delivery.Purpose.CLOSE], now)
    return [
        Facts(
            now=now,
            created_at=row.created_at,
            purpose=_PURPOSES[row.purpose],
            account_open=_is_open(context.people.get(row.user_id)),
            device=_device_state(row, context, here),
            standing=standings.get(row.pk, NOTHING_NEW),
            quiet=_is_quiet(row.user_id, context, now),
            replaced=shown.get((row.device_id, row.tag), row.created_at) > row.created_at,
            overtaken=(row.device_id, row.tag) in coming,
            active_at=active.get(row.user_id),
            push_while_active=row.user_id in context.preferences and context.preferences[row.user_id].push_while_active,
        )
        for row in rows
    ]


def _is_quiet(user_id: int, context: Context, now: datetime) -> bool:
    own = context.preferences.get(user_id)
    if own is None:
        return False
    zone = own.time_zone or settings.TIME_ZONE
    return policy.is_quiet(policy.Facts(now, time_zone=zone, quiet_from=own.quiet_from, quiet_until=own.quiet_until))


def _is_open(person: Any) -> bool:
    return person is not None and person.is_active


def _device_state(row: Delivery, context: Context, here: Collection[int]) -> DeviceState:
    device = context.devices.get(row.device_id or 0)
    if device is None:
        return "removed"
    if device.user_id != row.user_id:
        return "moved"
    return "there" if device.pk in here else "signed_out"


Tag = tuple[int | None, str]


def _newer(closing: Collection[Delivery], now: datetime) -> tuple[dict[Tag, datetime], set[Tag]]:
    """Of each device and tag to be closed: when the device last got something that is still to be shown there, and
    where something is on its way or about to be.
    """
    if not closing:
        return {}, set()
    shows = Delivery.objects.filter(
        device__in={row.device_id for row in closing},
        tag__in={row.tag for row in closing},
        channel="push",
        purpose=Delivery.Purpose.SHOW,
        notification__read_at=None,
        notification__withdrawn_at=None,
    ).order_by()
    sent = shows.filter(state=Delivery.State.SENT).values("device_id", "tag").annotate(latest=Max("finished_at"))
    # On its way, or due; not what is put off from minute to minute while somebody is active: a close before it harms
    # nothing.
    soon = Q(attempts__gt=0, due_at__lte=now + COMING) | Q(due_at__lte=now + POSTPONE_CLOSE)
    coming = shows.filter(soon, state=Delivery.State.WAITING).values_list("device_id", "tag")
    return {(one["device_id"], one["tag"]): one["latest"] for one in sent}, set(coming)
