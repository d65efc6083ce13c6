"""Word to the sockets that inboxes changed, once the database has it. Each worker makes the frames of its own people
(`notifications/live.py`), from a half that all share and a few numbers for each.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from notifications import protocol, wire
from realtime_site.live import topics
from realtime_site.live.events import Event
from realtime_site.live.publish import publish_on_commit
from realtime_site.live.publish import tell_on_commit as tell_workers_on_commit

# What workers tell each other on the topic of all inboxes: halves of frames, each with the changes it belongs to.
Message = dict[str, Any]


def tell_on_commit(changes: Iterable[tuple[str, wire.Change]]) -> None:
    """Notifications were written or changed, each given with what it says (`wire.encode_shared`). One publish."""
    grouped: dict[str, list[Any]] = {}
    for text, change in changes:
        grouped.setdefault(text, []).append(msgspec.to_builtins(change))
    if grouped:
        tell_workers_on_commit(topics.INBOXES, {"changed": list(grouped.items())})


def heard(message: Message) -> list[tuple[str, list[wire.Change]]]:
    """The other end of `tell_on_commit`."""
    return [(text, [wire.Change(*change) for change in changes]) for text, changes in message["changed"]]


def read_on_commit(
    user_id: int, seq: int, *, read: bool, unread: int, ids: Sequence[int] | None = None, up_to: int | None = None
) -> None:
    """Some are read, or unread again: number `seq` of the inbox."""
    event = protocol.NotificationReadEvent(seq, read, unread)
    if ids is not None:
        event = msgspec.structs.replace(event, ids=list(ids))
    if up_to is not None:
        event = msgspec.structs.replace(event, up_to=up_to)
    publish_on_commit(Event(topics.inbox(user_id), [protocol.encode(event)], first=seq))
