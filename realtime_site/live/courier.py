"""How a process without sockets, a command or a job, reaches the hubs: one thread with a loop, one connection kept.

`async_to_sync` would make a loop and a connection for each publish, 3 ms, and hold the caller while Redis hangs.
"""

import asyncio
import atexit
import logging
import os
import threading
from collections.abc import Iterable

from channels.layers import get_channel_layer

from realtime_site.live import topics
from realtime_site.live.events import Event, Told, to_layer

logger = logging.getLogger(__name__)

# Events that leave as one message of the layer, at most; as the hub's.
TOGETHER = 500
# A Redis that does not answer a publish for this long counts as away; also how long the end of the process waits.
LAYER_SECONDS = 2.0


class Courier:
    """Takes events from any thread and sends them in their order. What the layer loses, the hubs read."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._waiting: list[Event | Told] = []
        self._task: asyncio.Task[None] | None = None
        threading.Thread(target=self._loop.run_forever, name="courier", daemon=True).start()
        atexit.register(self.flush)

    def send(self, items: Iterable[Event | Told]) -> None:
        """Never blocks, never raises."""
        self._loop.call_soon_threadsafe(self._take, list(items))

    def flush(self, seconds: float = LAYER_SECONDS) -> None:
        """Waits until all that was given is sent, or given up; for so long at most."""
        if self.pid != os.getpid():  # a fork has the object and not the thread
            return
        done = threading.Event()
        self._loop.call_soon_threadsafe(self._when_done, done)
        done.wait(seconds)

    def _take(self, items: list[Event | Told]) -> None:
        self._waiting += items
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._run())

    def _when_done(self, done: threading.Event) -> None:
        if self._task is None or self._task.done():
            done.set()
        else:
            self._task.add_done_callback(lambda _: done.set())

    async def _run(self) -> None:
        while self._waiting:
            items, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            for again in (True, False):  # after a restart of Redis the layer's first publish fails
                if await self._sent(items, quiet=again):
                    break

    @staticmethod
    async def _sent(items: list[Event | Told], *, quiet: bool) -> bool:
        layer = get_channel_layer()
        if layer is None:  # a site without one has no sockets
            return True
        try:
            async with asyncio.timeout(LAYER_SECONDS):
                await layer.group_send(topics.HUBS, to_layer(items))
        except Exception as error:
            if not quiet:
                logger.warning("The channel layer failed (%s: %s)", type(error).__name__, error)
            return False
        return True


_current: Courier | None = None
_lock = threading.Lock()


def courier() -> Courier:
    """The courier of this process, started on first use."""
    global _current
    with _lock:
        if _current is None or _current.pid != os.getpid():
            _current = Courier()
        return _current
