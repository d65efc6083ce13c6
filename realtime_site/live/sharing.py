"""Token buckets of all workers, as one: each tells the others once a second what was spent from its emptier buckets.

Over the channel layer, so through Redis where there is one, and never in the way of a command: the limit is right
within a second, and while Redis is away it is each worker's own (docs/decisions/0003-token-buckets-of-our-own.md).
"""

import asyncio
import uuid
from typing import Any

from realtime_site.live import topics
from realtime_site.live.hub import Hub, hub
from realtime_site.live.limits import Buckets

EVERY_SECONDS = 1.0


class Sharing:
    """Belongs to a hub and lives on its loop."""

    def __init__(self, of: Hub) -> None:
        self._hub = of
        self._worker_id = uuid.uuid4().hex
        self._shared: dict[str, Buckets] = {}
        of.listen(topics.LIMITS, self._hear)
        of.spawn(self._run)

    def share(self, buckets: Buckets) -> None:
        self._shared[buckets.name] = buckets

    async def _run(self) -> None:
        await asyncio.sleep(EVERY_SECONDS)
        self.tell()

    def tell(self) -> None:
        spent = {name: list(told.items()) for name, buckets in self._shared.items() if (told := buckets.told())}
        if spent:
            self._hub.tell(topics.LIMITS, {"worker": self._worker_id, "spent": spent})

    def _hear(self, message: dict[str, Any]) -> None:
        if message["worker"] == self._worker_id:
            return
        for name, spent in message["spent"].items():
            if name in self._shared:
                self._shared[name].charge(dict(spent))


_current: Sharing | None = None


def sharing() -> Sharing:
    """Of this process's hub, started on first use. Call it on the event loop."""
    global _current
    if _current is None or _current._hub is not hub():
        _current = Sharing(hub())
    return _current
