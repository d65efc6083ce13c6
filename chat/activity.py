"""Messages in the last minute, room by room: counted by the worker that wrote them, in memory. Pure.

It is what a dashboard shows, not what anything depends on: a worker that goes takes its minute along.
"""

from collections import Counter, deque
from collections.abc import Iterable
from threading import Lock
from time import monotonic
from typing import Any

MINUTE_SECONDS = 60
# Rooms told at a time, the busiest: some 20 KB of JSON. Who looks for the busiest rooms looks for none beyond.
TOLD = 2_000


class Activity:
    """A bucket a second, and their sum. Counted in database threads, read on the loop."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seconds: deque[tuple[int, Counter[int]]] = deque()
        self._minute: Counter[int] = Counter()

    def posted(self, room_ids: Iterable[int], now: float | None = None) -> None:
        """One message in each of them, as often as it is named."""
        second = int(monotonic() if now is None else now)
        with self._lock:
            self._forget(second)
            if not self._seconds or self._seconds[-1][0] != second:
                self._seconds.append((second, Counter()))
            for room_id in room_ids:
                self._seconds[-1][1][room_id] += 1
                self._minute[room_id] += 1

    def told(self, now: float | None = None) -> dict[str, Any]:
        """`{"minute": of all rooms, "rooms": [[room, messages], …]}` of the last minute. JSON-ready."""
        with self._lock:
            self._forget(int(monotonic() if now is None else now))
            return {"minute": self._minute.total(), "rooms": [list(one) for one in self._minute.most_common(TOLD)]}

    def _forget(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] <= second - MINUTE_SECONDS:
            _, over = self._seconds.popleft()
            for room_id, count in over.items():
                self._minute[room_id] -= count
                if not self._minute[room_id]:
                    del self._minute[room_id]


activity = Activity()
