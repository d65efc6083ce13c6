"""What a worker says of itself, and how it knows: rates, memory, CPU. Knows no hub and no socket."""

import os
import resource
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from time import monotonic, process_time
from typing import Any, NamedTuple

from msgspec import Struct, ValidationError, convert, field, to_builtins

from realtime_site.live.meters import Meters

# Rates are of the last few seconds, so that charts move.
RATE_SAMPLES = 4
_STATM = Path("/proc/self/statm")


class Report(Struct, frozen=True, kw_only=True):
    """One worker, at one moment. All of it is JSON. What workers of another version do not know has its default."""

    worker: str  # its id among workers, the presence's
    host: str = ""
    pid: int = 0
    supervisor: int = 0  # the process whose workers share one listening socket; 0: it listens alone
    version: str = ""
    started_at: str = ""  # ISO 8601, UTC
    draining: bool = False
    connections: int = 0
    deliveries_per_second: float = 0.0
    messages_per_second: float = 0.0
    commands_per_second: float = 0.0
    refused_per_second: float = 0.0
    loop_lag_p99_ms: float = 0.0
    buffer_bytes: int = 0  # written, and not taken by the peers' kernels yet
    slow_closed: int = 0
    refused: int = 0
    gap_repairs: int = 0
    layer_failures: int = 0
    memory_bytes: int = 0
    cpu_percent: float = 0.0  # of one core
    cpu_seconds: float = 0.0
    # How long a query and a round trip through the layer take, or have been taking. None: no answer, or no Redis.
    database_ms: float | None = None
    redis_ms: float | None = None
    totals: dict[str, int] = field(default_factory=dict)  # of all meters
    refused_by: dict[str, int] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)  # what the apps contribute

    def to_json(self) -> dict[str, Any]:
        return to_builtins(self)  # type: ignore[no-any-return]

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Report | None":
        """None for what no version of ours would say."""
        try:
            return convert(fields, cls)
        except ValidationError:
            return None


class Sample(NamedTuple):
    at: float
    cpu_seconds: float
    deliveries: int
    messages: int
    commands: int
    refused: int


class Pace:
    """How fast the meters run. `sample` is to be called about once a second."""

    def __init__(
        self, of: Meters, clock: Callable[[], float] = monotonic, cpu: Callable[[], float] = process_time
    ) -> None:
        self._meters, self._clock, self._cpu = of, clock, cpu
        self._samples: deque[Sample] = deque([self._look()], maxlen=RATE_SAMPLES)

    def sample(self) -> None:
        self._samples.append(self._look())

    def _look(self) -> Sample:
        of = self._meters
        return Sample(self._clock(), self._cpu(), of.deliveries, of.messages, of.commands, of.refused.total())

    def figures(self) -> dict[str, Any]:
        """The fields of a report that follow from two looks at the meters."""
        before, now = self._samples[0], self._look()
        seconds = max(now.at - before.at, 0.001)
        names = ("deliveries", "messages", "commands", "refused")
        rates = {f"{name}_per_second": (getattr(now, name) - getattr(before, name)) / seconds for name in names}
        cpu_percent = 100 * (now.cpu_seconds - before.cpu_seconds) / seconds
        figures = rates | {"cpu_percent": cpu_percent, "cpu_seconds": now.cpu_seconds}
        return {name: round(value, 2) for name, value in figures.items()}


class Latency:
    """How long the last answer took; or, when that is more, how long the next one has been awaited."""

    def __init__(self) -> None:
        self._begun_at: float | None = None
        self._last_seconds: float | None = None

    @property
    def awaited(self) -> bool:
        return self._begun_at is not None

    def begin(self, now: float) -> None:
        """A question is asked. One that is asked while another is unanswered does not hide how long that takes."""
        if self._begun_at is None:
            self._begun_at = now

    def end(self, seconds: float | None) -> None:
        """The answer took so long; None: there was none."""
        self._begun_at, self._last_seconds = None, seconds

    def milliseconds(self, now: float) -> float | None:
        waited = None if self._begun_at is None else now - self._begun_at
        known = [seconds for seconds in (self._last_seconds, waited) if seconds is not None]
        return round(max(known) * 1000, 2) if known else None


def memory_bytes() -> int:
    """Resident memory of this process; where the system does not say, the most it ever had."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
