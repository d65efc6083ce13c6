"""The site's `LIVE_EVENT_SOURCE`: each app answers for its own topics."""

from collections.abc import Iterable
from typing import cast

from chat import catchup as rooms
from notifications import catchup as inboxes
from realtime_site.live import topics
from realtime_site.live.events import EventSource, Missed

_sources = (cast(EventSource, rooms), cast(EventSource, inboxes))


def heads(names: Iterable[str]) -> dict[str, int]:
    """One query for the rooms, one for the inboxes."""
    listed = list(names)
    return {topic: head for source in _sources for topic, head in source.heads(listed).items()}


def since(topic: str, after: int) -> Missed:
    if topics.inbox_owner(topic) is None:
        return rooms.since(topic, after)
    return inboxes.since(topic, after)


def allowed(user_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Rooms only: nobody leaves their own inbox."""
    return rooms.allowed(user_ids)
