"""What all sockets of a worker are told, wherever they are subscribed: rare news that concern the whole site.

Knows sockets as the hub does, not what the texts say. A socket that was just being let in gets what was said meanwhile.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

from realtime_site.live import topics
from realtime_site.live.outlets import Batch
from realtime_site.live.subscriber import Subscriber, Translate

# Written to before other work of the loop gets its turn; as the hub's.
SOCKETS_A_SLICE = 500
# Said within one handshake, at most: there is one such news a day.
RECENT = 8


class Broadcast:
    """`sockets`: those that are open, at any moment."""

    def __init__(self, sockets: Callable[[], Iterable[Subscriber]]) -> None:
        self._sockets = sockets
        self._recent: deque[tuple[float, str]] = deque(maxlen=RECENT)
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, message: dict[str, Any]) -> None:
        """A worker, or a command, told all workers `{"text": …}`."""
        self._recent.append((monotonic(), message["text"]))
        task = asyncio.get_running_loop().create_task(self._write(message["text"]), name="broadcast")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def greet(self, socket: Subscriber, since: float) -> None:
        """What was said while the socket was let in, from `since` on: its snapshot may be older."""
        for at, text in self._recent:
            if at >= since:
                socket.outlet.deliver(_batch(text, socket.translate))

    async def _write(self, text: str) -> None:
        batches: dict[Translate | None, Batch] = {}
        for number, socket in enumerate(list(self._sockets()), 1):
            if socket.translate not in batches:
                batches[socket.translate] = _batch(text, socket.translate)
            if batches[socket.translate].texts:
                socket.outlet.deliver(batches[socket.translate])
            if number % SOCKETS_A_SLICE == 0:
                await asyncio.sleep(0)


def _batch(text: str, translate: Translate | None) -> Batch:
    texts = [text] if translate is None else translate(topics.SITE, text)
    return Batch([(one, False) for one in texts])
