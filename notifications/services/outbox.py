"""What is to be sent, as rows written with their cause. Sending is `notifications/delivery/`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications import sql
from notifications.facts import PushDevice
from notifications.kinds import CHANNELS
from notifications.models import Delivery, Notification
from notifications.policy import Decision

# Something read is taken off the devices a moment later: reading on through a room is one push, not twenty.
CLOSE_AFTER = timedelta(seconds=3)

# Sent, or tried before it was skipped or given up: a deliverer may have sent it and been killed, an answer be lost.
_MAY_BE_SHOWN = Q(state=Delivery.State.SENT) | Q(
    state__in=[Delivery.State.SKIPPED, Delivery.State.FAILED], attempts__gt=1
)


class Item(NamedTuple):
    notification_id: int
    user_id: int
    tag: str
    decision: Decision


def send(items: Iterable[Item], devices: Mapping[int, Sequence[PushDevice]], now: datetime) -> None:
    """A row for each device a notification is pushed to, and one for its place in an e-mail."""
    rows: list[dict[str, Any]] = []
    for item in items:
        for channel in CHANNELS:
            verdict = item.decision[channel]
            if verdict.outcome != "send":
                continue
            targets = devices.get(item.user_id, ()) if channel == "push" else (None,)
            rows += [_row(item, channel, device, verdict.due_at or now, now) for device in targets]
    sql.insert(Delivery, rows)


def close(gone: QuerySet[Notification], now: datetime) -> None:
    """Takes what was read or withdrawn off the devices that showed it, unless something newer stands in its place."""
    tag = OuterRef("notification__tag")
    newer = Notification.objects.filter(user=OuterRef("user"), shown=True, read_at=None, withdrawn_at=None, tag=tag)
    closing = Delivery.objects.filter(user=OuterRef("user"), device=OuterRef("device"), tag=tag)
    closing = closing.filter(purpose=Delivery.Purpose.CLOSE, state=Delivery.State.WAITING)
    there = Delivery.objects.filter(notification__in=gone, channel="push", purpose=Delivery.Purpose.SHOW)
    there = there.filter(_MAY_BE_SHOWN, ~Exists(newer), ~Exists(closing), device__isnull=False)
    found = there.order_by().values_list("user", "device", "lane", "notification__tag").distinct()
    sql.insert(Delivery, [_closing(*one, now) for one in found])


def lane(endpoint: str) -> str:
    """Where a push goes: one push service, its port too where it is not that of https. However it is written."""
    parts = urlsplit(endpoint)
    host = (parts.hostname or "").removesuffix(".")
    return host if parts.port in {None, 443} else f"{host}:{parts.port}"


def _row(item: Item, channel: str, device: PushDevice | None, due_at: datetime, now: datetime) -> dict[str, Any]:
    return _common(item.user_id, due_at, now) | {
        "notification_id": item.notification_id,
        "channel": channel,
        "device_id": device.id if device else None,
        "purpose": Delivery.Purpose.SHOW.value,
        "lane": lane(device.endpoint) if device else "",
        "tag": item.tag,
    }


def _closing(user_id: int, device_id: int, at: str, tag: str, now: datetime) -> dict[str, Any]:
    return _common(user_id, now + CLOSE_AFTER, now) | {
        "notification_id": None,
        "channel": "push",
        "device_id": device_id,
        "purpose": Delivery.Purpose.CLOSE.value,
        "lane": at,
        "tag": tag,
    }


def _common(user_id: int, due_at: datetime, now: datetime) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "state": Delivery.State.WAITING.value,
        "due_at": due_at,
        "attempts": 0,
        "outcome": "",
        "created_at": now,
    }
