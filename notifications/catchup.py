"""The inboxes' side of `settings.LIVE_EVENT_SOURCE`: where a hub reads what the layer lost.

For the kernel only; it checks no person.
"""

from collections.abc import Iterable

import msgspec

from notifications import protocol, selectors, sql, wire
from notifications.models import Inbox
from realtime_site.live import topics
from realtime_site.live.events import Missed


def heads(names: Iterable[str]) -> dict[str, int]:
    """The last event number of each inbox topic. One query, if any is an inbox's: every socket brings one."""
    owners = [number for name in names if (number := topics.inbox_owner(name)) is not None]
    if not owners:
        return {}
    wanted = sql.numbers(owners)
    rows = sql.fetch(f"SELECT user_id, head FROM {Inbox._meta.db_table} WHERE user_id IN ({wanted})")  # noqa: S608
    return {topics.inbox(user_id): head for user_id, head in rows}


def since(topic: str, after: int) -> Missed:
    """What brings a client from `after` to the head: upserts that say which numbers they cover, or, where all that is
    missing is one number of many rows, that these were read.

    Where too much is missing, the newest alone: its number shows every client a gap that it fills by
    `notification.sync`.
    """
    owner = topics.inbox_owner(topic)
    if owner is None:
        return Missed(after, [])
    changes = selectors.changed_rows(user_id=owner, after=after)
    rows, head, unread = changes.rows, changes.standing.seq, changes.standing.unread
    if head == after + 1 and (changes.reset or len(rows) > 1):
        together = selectors.changed_together(user_id=owner, number=head)
        event = protocol.NotificationReadEvent(head, together.read, unread)
        if len(together.ids) <= protocol.IDS_LIMIT:
            event = msgspec.structs.replace(event, ids=together.ids)
        else:  # of so many at once there is one way: all up to the last
            event = msgspec.structs.replace(event, up_to=together.last)
        return Missed(head, [protocol.encode(event)])
    if changes.reset or len({row.changed for row in rows}) < len(rows):
        newest = selectors.newest_change(owner)
        return Missed(head, [wire.event(newest, unread=unread)] if newest else [])
    return Missed(head, [wire.event(row, unread=unread, after=after) for row in rows])


def allowed(user_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """None to be compared: a person's own inbox is theirs for as long as they are logged in, which the kernel knows."""
    return {}
