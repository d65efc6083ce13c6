"""From taken rows to pushes that are ready to go: asked once more whether, and put in words.

Synchronous; one transaction for taking, looking and writing what is not to be sent.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from notifications.delivery import facts, links, outbox, payload, recheck
from notifications.delivery.lanes import Lanes
from notifications.delivery.outbox import Result, State
from notifications.delivery.payload import Message
from notifications.delivery.push import Subscription
from notifications.models import Delivery, Device

logger = logging.getLogger(__name__)

TEST_TEXT = "Notifications arrive on this device."


@dataclass(frozen=True, slots=True)
class Errand:
    row: Delivery
    to: Subscription
    message: Message


@dataclass(frozen=True, slots=True)
class Taken:
    """What a look at the outbox gave."""

    errands: list[Errand]
    broken: list[Delivery] = field(default_factory=list)  # no push can be made of them
    skipped: int = 0
    postponed: int = 0

    def __len__(self) -> int:
        return len(self.errands) + len(self.broken) + self.skipped + self.postponed


def take(now: datetime, lease: datetime, lanes: Lanes) -> Taken:
    """Takes what is due and decides about each. Run it in a database thread."""
    if not outbox.is_any_due(outbox.PUSH, now, lanes):
        return Taken([])
    with transaction.atomic():
        rows = outbox.take_pushes(now, lease, lanes)
        context = facts.Context(rows)
        verdicts = [recheck.of_push(one) for one in facts.of_pushes(rows, context, now)]
        settled = [_settled(row, verdict, now) for row, verdict in zip(rows, verdicts, strict=True)]
        done = [one for one in settled if one]
        outbox.write([one for one in done if not outbox.may_be_shown(one)], now)
    outbox.finish([one for one in done if outbox.may_be_shown(one)], now)
    going = [row for row, one in zip(rows, settled, strict=True) if one is None]
    made = [(row, _made(row, context, now)) for row in going]
    skipped = sum(verdict.do == "skip" for verdict in verdicts)
    return Taken(
        errands=[errand for _, errand in made if errand],
        broken=[row for row, errand in made if errand is None],
        skipped=skipped,
        postponed=len(rows) - len(going) - skipped,
    )


def _settled(row: Delivery, verdict: recheck.Verdict, now: datetime) -> Result | None:
    if verdict.do == "skip":
        return Result(row, State.SKIPPED, verdict.outcome or "")
    if verdict.do == "postpone":
        return Result(row, State.WAITING, due_at=now + _postponed(row), uncounted=True)
    return None


def _postponed(row: Delivery) -> timedelta:
    return recheck.POSTPONE_CLOSE if row.purpose == Delivery.Purpose.CLOSE else recheck.POSTPONE


def _made(row: Delivery, context: facts.Context, now: datetime) -> Errand | None:
    """None where a fault of ours, or of a host's user model, would take all others along that were taken with it."""
    try:
        return _errand(row, context, now)
    except Exception:
        logger.exception("No push could be made of delivery %s", row.pk)
        return None


def _errand(row: Delivery, context: facts.Context, now: datetime) -> Errand:
    device = context.devices[row.device_id or 0]
    to = Subscription(device.endpoint, device.p256dh, device.auth)
    return Errand(row, to, _message(row, device, context, now))


def _message(row: Delivery, device: Device, context: facts.Context, now: datetime) -> Message:
    if row.purpose == Delivery.Purpose.CLOSE:
        return payload.close([row.tag], secret=device.auth)
    kind = "test"
    if row.purpose == Delivery.Purpose.SHOW:
        kind = context.notifications[row.notification_id or 0].kind
    return payload.show(_fields(row, context), kind=kind, secret=device.auth, created_at=row.created_at, now=now)


def _fields(row: Delivery, context: facts.Context) -> dict[str, Any]:
    if row.purpose == Delivery.Purpose.TEST:
        return {"title": links.site_name(), "body": TEST_TEXT, "tag": row.tag, "url": "/", "id": 0}
    one = context.notifications[row.notification_id or 0]
    icon = getattr(one.actor, "avatar_url", None)  # a host's own user model needs none
    fields = {"title": one.title, "body": one.body, "tag": one.tag or row.tag, "url": one.url, "id": one.pk}
    return fields | ({"icon": icon} if icon else {})
