"""Token buckets: how often one person may do one kind of thing. Per process; knows no socket."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic
from typing import NamedTuple

from realtime_site.live.errors import ClientError


class Rate(NamedTuple):
    """`burst` at once, refilled with `per_second`."""

    per_second: float
    burst: float


class Buckets:
    """One bucket a key, the least recently used forgotten past `keep` (a forgotten bucket is a full one, so
    forgetting forgives).
    """

    def __init__(self, rate: Rate, *, clock: Callable[[], float] = monotonic, keep: int = 50_000) -> None:
        self._rate = rate
        self._clock = clock
        self._keep = keep
        self._levels: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable) -> None:
        """Takes one token. Raises `ClientError('rate_limited')` with `retry_after` in seconds when there is none."""
        now = self._clock()
        level, then = self._levels.pop(key, (self._rate.burst, now))
        level = min(self._rate.burst, level + (now - then) * self._rate.per_second)
        allowed = level >= 1
        self._levels[key] = (level - 1 if allowed else level, now)
        if len(self._levels) > self._keep:
            self._levels.popitem(last=False)
        if not allowed:
            wait = (1 - level) / self._rate.per_second
            raise ClientError("rate_limited", "Too fast. Wait a moment.", retry_after=wait)
