"""What taken rows' notifications have come to, and whether their people want to hear of them still.

Read in bulk: a query a table, and two for each actor in a scope, whom only the site knows to be blocked.
"""

from collections.abc import Collection, Mapping

from notifications.catalogue import kinds
from notifications.delivery.recheck import Standing
from notifications.facts import levels_of, switched_on, switches_of
from notifications.models import Delivery, Notification
from notifications.outside import hearers
from notifications.policy import is_level_against

_GONE = Standing(withdrawn=True)


def of_rows(rows: Collection[Delivery], notifications: Mapping[int, Notification]) -> dict[int, Standing]:
    """By the row's id, of those that show something. Where the notification is gone, its cause is."""
    found = {row.pk: notifications.get(row.notification_id or 0) for row in rows if row.purpose == "show"}
    told = [one for one in found.values() if one is not None]
    people = {one.user_id for one in told}
    levels = levels_of(people, {one.scope for one in told if one.scope})
    switches = switches_of(people, {one.kind for one in told}) if told else {}
    blocked = _blocked(told)
    known = kinds()

    def standing(row: Delivery, one: Notification) -> Standing:
        kind = known.get(one.kind)  # none: a host has taken it out of its settings
        return Standing(
            withdrawn=one.withdrawn_at is not None,
            renewed=row.created_at < one.created_at,
            read=one.read_at is not None,
            seen=one.seen_at is not None,
            blocked=one.pk in blocked,
            level_against=kind is not None and is_level_against(kind, levels.get((one.user_id, one.scope))),
            switched_off=kind is not None and row.channel not in switched_on(switches, one.user_id, kind),
        )

    return {row.pk: standing(row, one) if (one := found[row.pk]) else _GONE for row in rows if row.pk in found}


def _blocked(told: Collection[Notification]) -> set[int]:
    """Notifications of somebody whom their person has blocked: who may hear of the scope, but not of this actor."""
    acts: dict[tuple[str, int], list[Notification]] = {}
    for one in told:
        if one.scope and one.actor_id is not None:
            acts.setdefault((one.scope, one.actor_id), []).append(one)
    blocked: set[int] = set()
    for (scope, actor_id), theirs in acts.items():
        people = {one.user_id for one in theirs}
        heard = hearers(scope, people, actor_id)
        if heard is None or not (others := people - heard):
            continue
        unheard = hearers(scope, others) or frozenset()
        blocked |= {one.pk for one in theirs if one.user_id in unheard}
    return blocked
