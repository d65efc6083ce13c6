"""Token buckets: how often one person, room or address may do one kind of thing. Knows no socket and no network.

A bucket is in the process, so that taking from it costs a microsecond and works whatever is away. Workers that hear
of each other (`live/sharing.py`) charge each other's buckets for what was spent elsewhere.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from time import monotonic
from typing import NamedTuple

from realtime_site.live.errors import ClientError

# A person's or room's id, or an address: what goes over the channel layer as it is.
Key = int | str
# Keys told at a time, at most: those that spend most.
TOLD = 200


class Rate(NamedTuple):
    """`burst` at once, refilled with `per_second`."""

    per_second: float
    burst: float


class Buckets:
    """One bucket a key, the least recently used forgotten past `keep` (a forgotten bucket is a full one, so
    forgetting forgives). `name` is the same on all workers.
    """

    def __init__(self, name: str, rate: Rate, *, clock: Callable[[], float] = monotonic, keep: int = 50_000) -> None:
        self.name = name
        self._rate = rate
        self._clock = clock
        self._keep = keep
        self._levels: OrderedDict[Key, tuple[float, float]] = OrderedDict()
        self._spent: Counter[Key] = Counter()

    def take(self, key: Key) -> None:
        """Takes one token. Raises `ClientError('rate_limited')` with `retry_after` in seconds when there is none."""
        level = self._level(key)
        self._put(key, level - 1 if level >= 1 else level)
        if level < 1:
            wait = (1 - level) / self._rate.per_second
            raise ClientError("rate_limited", "Too fast. Wait a moment.", retry_after=wait)
        if level <= self._rate.burst / 2:
            self._spent[key] += 1

    def told(self) -> dict[Key, int]:
        """What was taken here since the last time from buckets that are half empty; the others need not know."""
        spent, self._spent = self._spent, Counter()
        return dict(spent.most_common(TOLD))

    def charge(self, spent: Mapping[Key, int]) -> None:
        """What was taken elsewhere. It may leave a debt of one burst, or each worker would give the whole rate."""
        for key, count in spent.items():
            self._put(key, max(-self._rate.burst, self._level(key) - count))

    def _put(self, key: Key, level: float) -> None:
        self._levels[key] = (level, self._clock())
        if len(self._levels) > self._keep:
            self._levels.popitem(last=False)

    def _level(self, key: Key) -> float:
        now = self._clock()
        level, then = self._levels.pop(key, (self._rate.burst, now))
        return min(self._rate.burst, level + (now - then) * self._rate.per_second)


class Strikes:
    """So many of something within a minute are too many."""

    __slots__ = ("_most", "_times")

    def __init__(self, most: int) -> None:
        self._most = most
        self._times: list[float] = []

    def strike(self, now: float) -> bool:
        """Counts one at `now`, in seconds; whether it is one too many."""
        self._times = [then for then in self._times if now - then < 60] + [now]
        return len(self._times) >= self._most
