"""The outbox: takes due rows, so that nobody else does, and writes what came of them.

A row is taken by moving its `due_at` to the end of a lease. A deliverer that dies leaves it so, and it is due again
then; one that lives but is late finds that the row is not its own any more, and writes nothing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, F, Min, Q, QuerySet

from notifications import sql
from notifications.delivery.lanes import Lanes
from notifications.delivery.outcomes import Outcome
from notifications.models import Delivery, Device, Notification
from notifications.services.outbox import close

PUSH, EMAIL = "push", "email"
# Counting goes no further: past it the number says nothing but "many", and a look must stay cheap.
BACKLOG_CAP = 10_000
State = Delivery.State


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a taken row. With a `due_at` it waits until then; `uncounted`: this was no attempt."""

    taken: Delivery
    state: State
    outcome: str = ""
    due_at: datetime | None = None
    uncounted: bool = False
    # The push service says that the device is no more.
    device_gone: bool = False


def is_any_due(channel: str, now: datetime, lanes: Lanes | None = None) -> bool:
    """A look that takes no lock, for loops that ask each second."""
    return _due(channel, now, lanes).exists()


def take_pushes(now: datetime, lease: datetime, lanes: Lanes) -> list[Delivery]:
    """Pushes that are due, at most as many as there is room for in their lanes. In a transaction of the caller's.

    PostgreSQL passes over rows that another deliverer looks at; in SQLite the caller's transaction is the only one.
    """
    rows = list(_due(PUSH, now, lanes).select_for_update(skip_locked=True).order_by("due_at", "pk")[: lanes.free])
    taken = [rows[index] for index in lanes.choose([row.lane for row in rows])]
    return _lease(taken, lease)


def take_mail(now: datetime, lease: datetime, *, people: int) -> dict[int, list[Delivery]]:
    """For each of at most so many people with an e-mail due: all of theirs that are due, or wait for the first time.

    Rows that are being sent have an attempt and are not due, so that they are left alone. In a transaction of the
    caller's.
    """
    users = list(_due(EMAIL, now).order_by("due_at").values_list("user_id", flat=True)[: people * 4])
    wanted = list(dict.fromkeys(users))[:people]
    theirs = Delivery.objects.filter(user__in=wanted, channel=EMAIL, state=State.WAITING)
    # In one order, so that two who want the same wait for each other; the second finds them taken.
    rows = theirs.filter(Q(due_at__lte=now) | Q(attempts=0)).select_for_update().order_by("pk")
    taken: dict[int, list[Delivery]] = {}
    for row in rows:
        taken.setdefault(row.user_id, []).append(row)
    due = {user: rows for user, rows in taken.items() if any(row.due_at <= now for row in rows)}
    _lease([row for rows in due.values() for row in rows], lease)
    return due


def finish(results: Collection[Result], now: datetime) -> None:
    """Writes what came of them, and takes off devices what was read or withdrawn meanwhile, in one transaction. Never
    inside another: as whoever writes a notification anew, it locks the inboxes before the rows.
    """
    with transaction.atomic():
        # Who reads or withdraws holds the inbox: either has done so, and it is seen here, or will find this one sent.
        sql.hold_inboxes(one.taken.user_id for one in results)
        write(results, now)
        _close_what_is_over(results, now)


def write(results: Collection[Result], now: datetime) -> None:
    """The same for who holds the rows locked, of what no device can show: there is nothing to close."""
    alike: dict[tuple[object, ...], list[Result]] = {}
    for one in results:
        key = (one.state, one.outcome, one.due_at, one.uncounted, one.taken.due_at)
        alike.setdefault(key, []).append(one)
    with transaction.atomic():
        for group in alike.values():
            _write(group, now)
        _tell_devices(results, now)


def _write(group: list[Result], now: datetime) -> None:
    first = group[0]
    # Whose lease has ended is somebody else's.
    rows = Delivery.objects.filter(
        pk__in=[one.taken.pk for one in group], state=State.WAITING, due_at=first.taken.due_at
    )
    if first.due_at is None:
        rows.update(state=first.state, outcome=first.outcome, finished_at=now)
    else:
        counted = F("attempts") - 1 if first.uncounted else F("attempts")
        rows.update(due_at=first.due_at, outcome=first.outcome, attempts=counted)


def _tell_devices(results: Iterable[Result], now: datetime) -> None:
    used = [one.taken.device_id for one in results if one.outcome == Outcome.TAKEN and one.taken.device_id]
    gone = [one.taken.device_id for one in results if one.device_gone and one.taken.device_id]
    if used:
        Device.objects.filter(pk__in=used).update(last_used_at=now)
    if gone:
        Device.objects.filter(pk__in=gone).delete()


def _close_what_is_over(results: Iterable[Result], now: datetime) -> None:
    """A device may show what was read or withdrawn while it was on its way: who read it found nothing sent to close.

    So may one that a deliverer sent to before it was killed, or that did not answer in time.
    """
    shown = [one.taken for one in results if may_be_shown(one)]
    if not shown:
        return
    told = Notification.objects.filter(pk__in=[row.notification_id for row in shown])
    gone = told.exclude(read_at=None, withdrawn_at=None)
    if gone.exists():
        close(gone, now)


def may_be_shown(result: Result) -> bool:
    row = result.taken
    if row.channel != PUSH or row.purpose != Delivery.Purpose.SHOW or row.notification_id is None:
        return False
    return result.state == State.SENT or (result.state != State.WAITING and row.attempts > 1)


def _due(channel: str, now: datetime, lanes: Lanes | None = None) -> QuerySet[Delivery]:
    due = Delivery.objects.filter(state=State.WAITING, channel=channel, due_at__lte=now)
    if lanes and lanes.full:
        due = due.exclude(lane__in=lanes.full)
    if lanes and lanes.only is not None:
        due = due.filter(lane__in=lanes.only)
    return due


def _lease(rows: list[Delivery], lease: datetime) -> list[Delivery]:
    """An attempt is counted when it begins: one that ends with its deliverer's death was one."""
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=lease, attempts=F("attempts") + 1)
    for row in rows:
        row.due_at, row.attempts = lease, row.attempts + 1
    return rows


class Backlog(NamedTuple):
    """How many rows are due, up to BACKLOG_CAP, and for how long the oldest of them."""

    due: int
    oldest_seconds: float


def backlog(now: datetime) -> Backlog:
    """One look at the index of what is due."""
    due = Delivery.objects.filter(state=State.WAITING, due_at__lte=now).order_by("due_at")[:BACKLOG_CAP]
    found = due.aggregate(count=Count("pk"), oldest=Min("due_at"))
    return Backlog(found["count"], (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0)
