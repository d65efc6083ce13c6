"""Forgetting: why somebody was notified, after a while; and what was read long ago.

In small batches, each its own transaction, so that others write in between. The deliverer calls this now and then.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from notifications import sql
from notifications.models import Delivery, Notification

# Rows changed in one transaction: some 10 ms.
BATCH = 500


def prune(*, now: datetime | None = None, batches: int = 20) -> int:
    """Does at most that many batches of it; returns how many rows were emptied or deleted. 0: there was nothing left.

    Decisions, and finished deliveries with them, go after `NOTIFICATION_WHY_DAYS`; notifications that were read,
    withdrawn, or never shown, after `NOTIFICATION_KEEP_DAYS`.
    """
    explained, kept = _limits(now or timezone.now())
    done = 0
    for _ in range(batches):
        count = _forget_decisions(explained) + _delete_deliveries(explained) + _delete_notifications(kept)
        done += count
        if not count:
            break
    return done


def due(*, now: datetime | None = None) -> int:
    """How many rows `prune` would empty or delete."""
    explained, kept = _limits(now or timezone.now())
    over = Delivery.objects.exclude(state=Delivery.State.WAITING).filter(created_at__lt=explained)
    return _old_decisions(explained).count() + over.count() + _old_notifications(kept).count()


def _limits(now: datetime) -> tuple[datetime, datetime]:
    """Before when decisions are forgotten, and notifications."""
    return _days_ago(now, "NOTIFICATION_WHY_DAYS", 30), _days_ago(now, "NOTIFICATION_KEEP_DAYS", 180)


def _old_decisions(before: datetime) -> QuerySet[Notification]:
    return Notification.objects.filter(created_at__lt=before).exclude(why={}).order_by("created_at")


def _old_notifications(before: datetime) -> QuerySet[Notification]:
    over = Q(read_at__isnull=False) | Q(withdrawn_at__isnull=False) | Q(shown=False)
    return Notification.objects.filter(over, created_at__lt=before).order_by("created_at")


@transaction.atomic
def _forget_decisions(before: datetime) -> int:
    """What somebody just changes is left for the next time: who holds no inbox waits for nobody's rows."""
    old = _old_decisions(before).select_for_update(skip_locked=True, no_key=True)
    ids = list(old.values_list("pk", flat=True)[:BATCH])
    return Notification.objects.filter(pk__in=ids).update(why={}) if ids else 0


@transaction.atomic
def _delete_deliveries(before: datetime) -> int:
    """Those of no notification too: tests, and what was taken off a device. The oldest have the lowest ids, so that
    one need not look further.
    """
    oldest = Delivery.objects.exclude(state=Delivery.State.WAITING).select_for_update(skip_locked=True).order_by("pk")
    ids = [pk for pk, created_at in oldest.values_list("pk", "created_at")[:BATCH] if created_at < before]
    return Delivery.objects.filter(pk__in=ids).delete()[0] if ids else 0


def _delete_notifications(before: datetime) -> int:
    old = _old_notifications(before)
    found = dict(old.values_list("pk", "user")[:BATCH])
    if not found:
        return 0
    with transaction.atomic():
        sql.lock_inboxes(set(found.values()))  # who writes one anew holds it
        ids = list(old.filter(pk__in=found).values_list("pk", flat=True))
        Delivery.objects.filter(notification__in=ids).delete()
        return Notification.objects.filter(pk__in=ids).delete()[0]


def _days_ago(now: datetime, setting: str, default: int) -> datetime:
    return now - timedelta(days=getattr(settings, setting, default))
