"""The inboxes on this worker: from word that a thousand of them changed to an event for each that has a socket here.

Lives on the event loop. Knows no database.
"""

import asyncio

from notifications import wire
from notifications.services.publishing import Message, heard
from realtime_site.live import topics
from realtime_site.live.events import Event
from realtime_site.live.hub import Hub, hub

# Frames made before other work of the loop gets its turn: about 2 ms at 6 µs each.
AT_A_TIME = 300


class Inboxes:
    """Belongs to a hub."""

    def __init__(self, of: Hub) -> None:
        self.hub = of
        self._heard: asyncio.Queue[Message] = asyncio.Queue()
        of.listen(topics.INBOXES, self._heard.put_nowait)
        of.spawn(self._run)

    async def _run(self) -> None:
        for text, changes in heard(await self._heard.get()):
            for start in range(0, len(changes), AT_A_TIME):
                for change in changes[start : start + AT_A_TIME]:
                    self._deliver(text, change)
                if len(changes) > AT_A_TIME:
                    await asyncio.sleep(0)

    def _deliver(self, text: str, change: wire.Change) -> None:
        topic = topics.inbox(change.user_id)
        if topic in self.hub.topics:
            self.hub.deliver_here(Event(topic, [wire.event_of(text, change)], first=change.changed))


_current: Inboxes | None = None


def inboxes() -> Inboxes:
    """Of this process's hub, started on first use. Call it on the event loop."""
    global _current
    if _current is None or _current.hub is not hub():
        _current = Inboxes(hub())
    return _current
