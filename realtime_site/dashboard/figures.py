"""From the workers' reports to what a dashboard shows. Pure; time comes from the caller."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from chat.proof.figures import COUNTS, merge
from realtime_site.dashboard.protocol import Proof, Totals, Worker
from realtime_site.live.report import Report

# Three reports that did not come. The kernel forgets a worker soon after (`live/vitals.py`).
UNHEARD_SECONDS = 6.0


class Heard:
    """Since when each worker has said nothing new."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[Report, float]] = {}

    def listen(self, reports: Iterable[Report], now: float) -> list[tuple[Report, float]]:
        """Each report with its age in seconds. What was told twice is as old as it was the first time."""
        known, self._last = self._last, {}
        for report in reports:
            before, since = known.get(report.worker, (None, now))
            self._last[report.worker] = (report, since if before is report else now)
        return [(report, now - since) for report, since in self._last.values()]


def workers(heard: Iterable[tuple[Report, float]]) -> list[Worker]:
    return [_worker(report, age) for report, age in heard]


def _worker(report: Report, age: float) -> Worker:
    own = {name: getattr(report, name) for name in Worker.__struct_fields__ if hasattr(report, name)}
    silent = round(age) if age >= UNHEARD_SECONDS else 0
    return Worker(**own, unheard_seconds=silent, messages_per_minute=_minute(report))


def totals(heard: Iterable[tuple[Report, float]], people: int) -> Totals:
    """`people`: how many are online, which presence knows."""
    here = [report for report, age in heard if age < UNHEARD_SECONDS]
    return Totals(
        people=people,
        sockets=sum(one.connections for one in here),
        workers=len(here),
        messages_per_minute=sum(map(_minute, here)),
        deliveries_per_second=round(sum(one.deliveries_per_second for one in here), 1),
        loop_lag_p99_ms=max((one.loop_lag_p99_ms for one in here), default=0.0),
        buffer_bytes=sum(one.buffer_bytes for one in here),
        database_ms=_worst(one.database_ms for one in here),
        redis_ms=_worst(one.redis_ms for one in here),
    )


def rates(reports: Iterable[Report]) -> Counter[int]:
    """Messages in the last minute, by room."""
    result: Counter[int] = Counter()
    for report in reports:
        for room_id, count in _extra(report, "activity").get("rooms", ()):
            result[room_id] += count
    return result


def proof(reports: Iterable[Report]) -> Proof:
    """What all workers' clients have reported. Milliseconds have one decimal."""
    of_all = merge(_extra(report, "proof") for report in reports)
    sums = {name: getattr(of_all, name) for name in COUNTS}
    half, nearly_all = (None if ms is None else round(ms, 1) for ms in (of_all.p50_ms, of_all.p99_ms))
    return Proof(reporting=of_all.clients > 0, p50_ms=half, p99_ms=nearly_all, **sums)


def _minute(report: Report) -> int:
    return int(_extra(report, "activity").get("minute", 0))


def _extra(report: Report, name: str) -> dict[str, Any]:
    found = report.extra.get(name)
    return found if isinstance(found, dict) else {}


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
