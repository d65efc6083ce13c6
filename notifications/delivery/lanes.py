"""How many pushes go to one push service at once. Pure.

A lane is a push service's host. One that stalls fills its own lane and no other; many that stall, or hosts that nobody
has heard of, fill half of the slots and no more. The other half belongs to those that answer.
"""

from collections import Counter
from collections.abc import Collection

# In flight at once. A push takes 50 to 300 ms: some hundreds a second.
SLOTS = 100
WIDTH = 20
# A lane begins with this, doubles with each answer, and falls to one push at a time when none comes.
FIRST_WIDTH = 5
# Lanes that are remembered. Past this the oldest is forgotten, and begins anew.
MOST_LANES = 1_000


class Lanes:
    """What is in flight, by lane, and how each lane has behaved."""

    def __init__(self, slots: int = SLOTS, width: int = WIDTH) -> None:
        self._slots, self._width = slots, width
        self._in_flight: Counter[str] = Counter()
        self._widths: dict[str, int] = {}
        self._good: set[str] = set()

    def copy(self) -> "Lanes":
        """As it stands now, for another thread to look at."""
        copy = Lanes(self._slots, self._width)
        copy._in_flight, copy._widths, copy._good = self._in_flight.copy(), dict(self._widths), set(self._good)
        return copy

    @property
    def in_flight(self) -> int:
        return self._in_flight.total()

    @property
    def free(self) -> int:
        return max(0, self._slots - self.in_flight)

    @property
    def full(self) -> Collection[str]:
        """Lanes of which nothing more is to be taken now."""
        return [lane for lane, count in self._in_flight.items() if count >= self._width_of(lane)]

    @property
    def only(self) -> Collection[str] | None:
        """The lanes that may be taken of, when those that are not known to answer have their half; None for all."""
        return None if self._free_for_others() > 0 else sorted(self._good)

    def choose(self, lanes: list[str]) -> list[int]:
        """Which of these, by their index, may go now; in this order, as many as there is room for."""
        room = {lane: self._width_of(lane) - self._in_flight[lane] for lane in set(lanes)}
        free, others, chosen = self.free, self._free_for_others(), []
        for index, lane in enumerate(lanes):
            if free <= 0 or room[lane] <= 0 or (lane not in self._good and others <= 0):
                continue
            room[lane] -= 1
            free -= 1
            others -= lane not in self._good
            chosen.append(index)
        return chosen

    def enter(self, lane: str) -> None:
        self._in_flight[lane] += 1

    def leave(self, lane: str, *, reached: bool) -> None:
        """One is done. `reached`: the push service answered."""
        self._in_flight[lane] -= 1
        if self._in_flight[lane] <= 0:
            del self._in_flight[lane]
        before = self._widths.pop(lane, FIRST_WIDTH)
        self._widths[lane] = min(self._width, before * 2) if reached else 1
        (self._good.add if reached else self._good.discard)(lane)
        if len(self._widths) > MOST_LANES:
            oldest = next(iter(self._widths))
            del self._widths[oldest]
            self._good.discard(oldest)

    def _width_of(self, lane: str) -> int:
        return min(self._width, self._widths.get(lane, FIRST_WIDTH))

    def _free_for_others(self) -> int:
        busy = sum(count for lane, count in self._in_flight.items() if lane not in self._good)
        return self._slots // 2 - busy
