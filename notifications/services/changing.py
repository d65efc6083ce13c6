"""What becomes of notifications when their cause changes: withdrawn, or told in other words.

All numbers of an inbox are taken under its lock, and every page of the person hears of each.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from notifications import protocol, selectors, sql, wire
from notifications.models import Level, Notification
from notifications.services import outbox
from notifications.services.publishing import tell_on_commit

# People whose inboxes are changed by one statement.
AT_ONCE = 1_000


def withdraw(*, target: str, user_ids: Collection[int] | None = None) -> None:
    """What a notification was about is there no more; or concerns these people no more. Nothing of its text stays."""
    _withdraw(Notification.objects.filter(target=target, withdrawn_at=None), user_ids)


def leave_scope(*, user_id: int, scope: str) -> None:
    """A person may hear no more of a scope: nothing they were told of it stays, read or not, and no level."""
    with transaction.atomic(savepoint=False):
        _withdraw(Notification.objects.filter(user=user_id, scope=scope, withdrawn_at=None))
        Level.objects.filter(user=user_id, scope=scope).delete()


def retell(*, target: str, user_ids: Collection[int], kind: str, title: str, body: str) -> None:
    """What it is about says something else now, or concerns them otherwise. Nobody is alerted again."""
    said = {"kind": kind, "title": title, "body": body}
    rows = Notification.objects.filter(target=target, withdrawn_at=None).exclude(**said)
    with transaction.atomic(savepoint=False):
        _change(rows, user_ids, **said)


def _withdraw(rows: QuerySet[Notification], user_ids: Collection[int] | None = None) -> None:
    now = timezone.now()
    with transaction.atomic(savepoint=False):
        _change(rows, user_ids, title="", body="", url="", actor=None, withdrawn_at=now)


def _change(rows: QuerySet[Notification], user_ids: Collection[int] | None, **fields: Any) -> None:
    """Sets fields of rows, all or those of some people, each a number of its inbox: a handful of queries a thousand
    people.
    """
    people = sorted(set(rows.order_by().values_list("user", flat=True) if user_ids is None else user_ids))
    for start in range(0, len(people), AT_ONCE):
        portion = people[start : start + AT_ONCE]
        _change_of(portion, rows.filter(user__in=portion), fields)


def _change_of(people: list[int], rows: QuerySet[Notification], fields: Mapping[str, Any]) -> None:
    heads = sql.lock_inboxes(people)
    changed = list(rows.filter(user__in=heads).select_related("actor").order_by("user", "seq"))
    for row in changed:
        for name, value in fields.items():
            setattr(row, name, value)
        if row.seq is not None:
            row.changed = heads[row.user_id] = heads[row.user_id] + 1
    sql.change({row.pk: row.changed for row in changed}, _columns(fields))
    numbered = [row for row in changed if row.seq is not None]
    sql.store_heads({row.user_id: heads[row.user_id] for row in numbered})
    if fields.get("withdrawn_at"):
        outbox.close([row.pk for row in changed], fields["withdrawn_at"])
    _tell(numbered, selectors.standings({row.user_id for row in numbered}))


def _columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {str(Notification._meta.get_field(name).column): value for name, value in fields.items()}


def _tell(rows: Sequence[Notification], standings: Mapping[int, selectors.Standing]) -> None:
    """Each with how many are unread once all of it is done. Of too many for one person the last alone: their pages see
    the gap, and ask.
    """
    count = Counter(row.user_id for row in rows)
    tell_on_commit(
        (wire.encode_shared(wire.shared(row)), _numbers(row, standings[row.user_id]))
        for row in rows
        if count[row.user_id] <= protocol.SYNC_LIMIT or row.changed == standings[row.user_id].seq
    )


def _numbers(row: Notification, standing: selectors.Standing) -> wire.Change:
    assert row.seq is not None
    assert row.changed is not None
    return wire.Change(row.user_id, row.pk, row.seq, row.changed, alert=False, unread=standing.unread)
