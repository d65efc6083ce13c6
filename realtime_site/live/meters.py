"""What this process has done since it started, counted; and how late its loop is. Pure.

Plain integers, added to once a batch or a command: a counter with locks and labels would cost more than what it counts.
Who reads them are `live/vitals.py` and whoever exports them.
"""

from collections import Counter, deque

# The lag is told of the last minute: ten samples a second while somebody looks.
LAG_SECONDS = 60.0
LAG_SAMPLES = 600


class Meters:
    """Totals. They only grow."""

    __slots__ = (
        "commands",
        "deliveries",
        "frames",
        "gap_repairs",
        "handshakes",
        "handshakes_refused",
        "layer_failures",
        "messages",
        "refused",
        "revoked",
        "slow_closed",
    )

    def __init__(self) -> None:
        self.deliveries = 0  # texts written to sockets: one event to forty people is forty
        self.frames = 0  # frames that sockets sent
        self.commands = 0  # those that were commands
        self.refused: Counter[str] = Counter()  # commands answered with an error, by its code
        self.messages = 0  # numbered events heard of all workers, this one included
        self.slow_closed = 0  # sockets closed because they did not read
        self.revoked = 0  # sockets closed because their person may be here no more
        self.gap_repairs = 0  # gaps read from the database
        self.layer_failures = 0  # what the channel layer did not carry, or raised
        self.handshakes = 0  # sockets let in
        self.handshakes_refused = 0

    def totals(self) -> dict[str, int]:
        """All of them by name; `refused` as the sum of its codes."""
        return {name: self.refused.total() if name == "refused" else getattr(self, name) for name in self.__slots__}


class Lag:
    """How late timers came round, over the last minute."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=LAG_SAMPLES)

    def add(self, now: float, late_seconds: float) -> None:
        self._samples.append((now, max(0.0, late_seconds)))

    def p99(self, now: float) -> float:
        """In seconds; of fewer than a hundred samples it is the worst. 0 where there is none."""
        recent = sorted(late for then, late in self._samples if now - then <= LAG_SECONDS)
        return recent[-1 - len(recent) // 100] if recent else 0.0


meters = Meters()
