"""What is true of taken rows at this moment: read in bulk, a query a table whatever the number of rows."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Max

from notifications.delivery.recheck import DeviceState, Facts, Purpose
from notifications.models import Delivery, Device, Inbox, Notification, Preferences
from realtime_site.live.auth import Credentials, authenticate

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
    signed_in = _signed_in(context.devices.values())
    latest = _latest_unread([row for row in rows if row.purpose == Delivery.Purpose.CLOSE])
    return [
        Facts(
            now=now,
            created_at=row.created_at,
            purpose=_PURPOSES[row.purpose],
            account_open=_is_open(context.people.get(row.user_id)),
            device=_device_state(row, context, signed_in),
            **_state(row, context),
            replaced=(row.user_id, row.tag) in latest and latest[row.user_id, row.tag] > row.created_at,
            active_at=active.get(row.user_id),
            push_while_active=row.user_id in context.preferences and context.preferences[row.user_id].push_while_active,
        )
        for row in rows
    ]


def _state(row: Delivery, context: Context) -> dict[str, bool]:
    """Of the notification. Where it is gone, its cause is."""
    one = context.notifications.get(row.notification_id or 0)
    if one is None:
        return {"withdrawn": row.purpose == Delivery.Purpose.SHOW}
    return {
        "read": one.read_at is not None,
        "seen": one.seen_at is not None,
        "withdrawn": one.withdrawn_at is not None,
    }


def _is_open(person: Any) -> bool:
    return person is not None and person.is_active


def _device_state(row: Delivery, context: Context, signed_in: Collection[int]) -> DeviceState:
    device = context.devices.get(row.device_id or 0)
    if device is None:
        return "removed"
    if device.user_id != row.user_id:
        return "moved"
    return "there" if device.pk in signed_in else "signed_out"


def _signed_in(devices: Iterable[Device]) -> set[int]:
    """Those whose session logs in the person they belong to."""
    by = {device.pk: (Credentials(None, device.session_key), device.user_id) for device in devices}
    identities = authenticate({credentials for credentials, _ in by.values()})
    return {
        device
        for device, (credentials, user) in by.items()
        if credentials in identities and identities[credentials].user.pk == user
    }


def _latest_unread(closing: Collection[Delivery]) -> dict[tuple[int, str], datetime]:
    """Of each person and tag to be closed: when the last notification came that is still to be shown."""
    if not closing:
        return {}
    unread = Notification.objects.filter(
        user__in={row.user_id for row in closing},
        tag__in={row.tag for row in closing},
        shown=True,
        read_at=None,
        withdrawn_at=None,
    )
    found = unread.order_by().values("user_id", "tag").annotate(latest=Max("created_at"))
    return {(one["user_id"], one["tag"]): one["latest"] for one in found}
