"""What is to be sent, as rows written with their cause. Sending is `notifications/delivery/`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.db.models import Case, F, Q, QuerySet, When
from django.db.models.functions import Coalesce

from notifications import sql
from notifications.facts import PushDevice
from notifications.kinds import CHANNELS
from notifications.models import Delivery, Notification
from notifications.policy import Decision

# Something read is taken off the devices a moment later: reading on through a room is one push, not twenty.
CLOSE_AFTER = timedelta(seconds=3)
State = Delivery.State
# Where a device shows one thing at a time: person, device and tag.
Place = tuple[int, int, str]
_PLACE = ("pk", "user", "device", "tag")

# Sent, or tried before it was skipped or given up: a deliverer may have sent it and been killed, an answer be lost.
_MAY_BE_SHOWN = Q(state=State.SENT) | Q(state__in=[State.SKIPPED, State.FAILED], attempts__gt=1)

# Since when a device shows it, as far as is known: a push that was tried again comes after younger ones.
_SHOWN_AT = Case(When(state=State.SENT, then=Coalesce("finished_at", "created_at")), default=F("created_at"))
# Then, and the id of the row.
Since = tuple[datetime, int]


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


def drop(notification_ids: Collection[int]) -> None:
    """What still waits to be sent of notifications that are written anew."""
    waiting = Delivery.objects.filter(notification__in=notification_ids, state=State.WAITING, attempts=0)
    # In the order in which a deliverer takes a person's mail.
    ids = list(waiting.select_for_update().order_by("pk").values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=ids).delete()


def close(gone: Collection[int] | QuerySet[Notification], now: datetime) -> None:
    """Takes what was read or withdrawn off the devices that showed it, unless something newer stands, or will stand, in
    its place there. One query where nothing of it was pushed.

    `gone`: ids, or rows.
    """
    showed = _pushes(notification__in=gone, device__isnull=False).filter(_MAY_BE_SHOWN)
    showed = showed.annotate(at=_SHOWN_AT).order_by("at", "pk")
    last = {
        (user, device, tag): ((at, pk), lane)
        for pk, user, device, tag, lane, at in showed.values_list(*_PLACE, "lane", "at")
    }
    if not last:
        return
    stays = _latest_standing(last)
    over = {place: lane for place, (since, lane) in last.items() if place not in stays or stays[place] < since}
    closing = Delivery.objects.filter(purpose=Delivery.Purpose.CLOSE, state=State.WAITING, attempts=0)
    closing = closing.filter(device__in={device for _, device, _ in over}).select_for_update(skip_locked=True)
    at_it = {place: pk for pk, *place_ in closing.values_list(*_PLACE) if (place := tuple(place_)) in over}
    # One that waits already is of now, too: what the device got since it was written, this takes away as well.
    Delivery.objects.filter(pk__in=at_it.values()).update(created_at=now)
    sql.insert(Delivery, [_closing(*place, lane, now) for place, lane in over.items() if place not in at_it])


def _latest_standing(last: Mapping[Place, tuple[Since, str]]) -> dict[Place, Since]:
    """At each place, the latest push that was sent later and is still to be read. What still waits may never
    be sent: the close itself lets it go first (`delivery/recheck.py`).
    """
    rows = _pushes(device__in={device for _, device, _ in last}, tag__in={tag for _, _, tag in last})
    rows = rows.filter(notification__read_at=None, notification__withdrawn_at=None, state=State.SENT)
    first = min(at for (at, _), _ in last.values())
    rows = rows.annotate(at=_SHOWN_AT).filter(at__gte=first).order_by("at", "pk")
    return {(user, device, tag): (at, pk) for pk, user, device, tag, at in rows.values_list(*_PLACE, "at")}


def _pushes(**fields: Any) -> QuerySet[Delivery]:
    return Delivery.objects.filter(channel="push", purpose=Delivery.Purpose.SHOW, **fields)


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


def _closing(user_id: int, device_id: int, tag: str, at: str, now: datetime) -> dict[str, Any]:
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
