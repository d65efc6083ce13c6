"""Seen, read, unread: what a person does to their own inbox. Every page and device of theirs hears of it."""

from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from notifications import protocol, selectors, sql
from notifications.models import Notification
from notifications.services import outbox
from notifications.services.publishing import read_on_commit


def read(*, user_id: int, ids: Collection[int]) -> int:
    """Reads these, as far as they are the person's and unread. Returns how many are unread now."""
    with transaction.atomic():
        _read(user_id, selectors.unread_rows(user_id).filter(pk__in=ids))
    return selectors.unread_of(user_id)


def read_up_to(*, user_id: int, seq: int) -> int:
    """Reads all with a `seq` up to this one. Returns how many are unread now."""
    with transaction.atomic():
        _read(user_id, selectors.unread_rows(user_id).filter(seq__lte=seq), up_to=seq)
    return selectors.unread_of(user_id)


def read_scope(*, user_id: int, scope: str, position: int) -> None:
    """The person has read a scope up to a position, and with it what they were told of that, shown to them or not.

    One query where there is none, which is nearly always.
    """
    rows = Notification.objects.filter(user=user_id, scope=scope, position__lte=position)
    rows = rows.filter(read_at=None, withdrawn_at=None)
    if not rows.exists():
        return
    with transaction.atomic():
        _read(user_id, rows.filter(shown=True))
        _read_hidden(user_id, rows.filter(shown=False))


def _read_hidden(user_id: int, rows: QuerySet[Notification]) -> None:
    """They have no number, and pages do not know of them; a device may show them."""
    if not rows.exists():
        return
    _lock(user_id)
    now, ids = timezone.now(), list(rows.order_by("pk").values_list("pk", flat=True))
    rows.update(read_at=now)
    outbox.close(ids, now)


def unread(*, user_id: int, ids: Collection[int]) -> int:
    """Makes these unread again. Returns how many are unread now."""
    with transaction.atomic():
        head = _lock(user_id)
        rows = Notification.objects.filter(user=user_id, pk__in=ids, shown=True, withdrawn_at=None)
        changed = list(rows.exclude(read_at=None).values_list("pk", flat=True))
        if changed:
            Notification.objects.filter(pk__in=changed).update(read_at=None, changed=head + 1)
            _tell(user_id, head + 1, read=False, ids=changed)
    return selectors.unread_of(user_id)


def seen(*, user_id: int, up_to: int) -> None:
    """The inbox was open with these in it: no push and no e-mail is needed for them any more. They stay unread."""
    rows = selectors.unread_rows(user_id).filter(seq__lte=up_to, seen_at=None)
    if rows.exists():
        with transaction.atomic():
            _lock(user_id)
            rows.update(seen_at=timezone.now())


def _read(user_id: int, rows: QuerySet[Notification], up_to: int | None = None) -> None:
    """`up_to`: said to clients instead of ids, where the rows are all up to there."""
    if not rows.exists():
        return
    head = _lock(user_id)
    if up_to is not None:
        _read_as(head + 1, user_id, rows, up_to=up_to)
        return
    # Without the lock somebody else may have read them meanwhile; what is taken here is this transaction's.
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), protocol.IDS_LIMIT):
        head += 1
        portion = ids[start : start + protocol.IDS_LIMIT]
        _read_as(head, user_id, selectors.unread_rows(user_id).filter(pk__in=portion), ids=portion)


def _read_as(
    number: int,
    user_id: int,
    rows: QuerySet[Notification],
    *,
    ids: Sequence[int] | None = None,
    up_to: int | None = None,
) -> None:
    """Reads rows as one number of the inbox."""
    now = timezone.now()
    if rows.update(read_at=now, seen_at=Coalesce("seen_at", now), changed=number):
        outbox.close(Notification.objects.filter(user=user_id, changed=number), now)
        _tell(user_id, number, read=True, ids=ids, up_to=up_to)


def _lock(user_id: int) -> int:
    """The head. Of somebody whose account just went there is nothing left to change."""
    return sql.lock_inboxes([user_id]).get(user_id, 0)


def _tell(user_id: int, number: int, *, read: bool, ids: Sequence[int] | None = None, up_to: int | None = None) -> None:
    sql.store_heads({user_id: number})
    read_on_commit(user_id, number, read=read, unread=selectors.unread_of(user_id), ids=ids, up_to=up_to)
