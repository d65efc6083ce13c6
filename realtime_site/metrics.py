"""`/metrics`: what this worker counts, in the text format of Prometheus; behind a shared port, of all its siblings.

Who may ask: whoever has METRICS_TOKEN; without one only this machine, and directly (docs/operations.md).
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from hmac import compare_digest
from time import monotonic
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from notifications.delivery.outbox import Backlog, backlog
from realtime_site.listening import is_loopback
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError
from realtime_site.live.report import Report
from realtime_site.live.vitals import EVERY_SECONDS, vitals

# Any worker of a shared port may be asked; it waits so long for the others' figures.
SIBLINGS_SECONDS = 2.0
# A report told so lately is this moment's: one pause between two, and its way.
FRESH_SECONDS = EVERY_SECONDS + 0.5
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Set by whoever hands on what another machine asks.
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


class Figure(NamedTuple):
    """One metric of a worker. `of` gives None where there is nothing to say."""

    name: str
    help: str
    of: Callable[[Report], float | None]


def _total(name: str) -> Callable[[Report], float]:
    return lambda report: report.totals.get(name, 0)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


COUNTERS = (
    Figure("confab_deliveries", "Events written to sockets: one event to forty people is forty.", _total("deliveries")),
    Figure("confab_frames", "Frames that sockets sent.", _total("frames")),
    Figure("confab_commands", "Frames that were commands.", _total("commands")),
    Figure("confab_messages", "Numbered events heard, of all workers.", _total("messages")),
    Figure("confab_handshakes", "Sockets let in.", _total("handshakes")),
    Figure("confab_handshakes_refused", "Sockets not let in.", _total("handshakes_refused")),
    Figure("confab_slow_closed", "Sockets closed because they did not read.", _total("slow_closed")),
    Figure("confab_revoked", "Sockets closed because their person may be here no more.", _total("revoked")),
    Figure("confab_gap_repairs", "Gaps in the order of events, read from the database.", _total("gap_repairs")),
    Figure("confab_layer_failures", "Failures of the channel layer.", _total("layer_failures")),
    Figure("confab_cpu_seconds", "CPU time of the process.", lambda report: report.cpu_seconds),
)
GAUGES = (
    Figure("confab_connections", "Open sockets.", lambda report: report.connections),
    Figure("confab_draining", "1 while the worker lets go of its sockets to end.", lambda report: report.draining),
    Figure("confab_loop_lag_seconds", "Lateness of timers, the 99th percentile of the last minute.",
           lambda report: report.loop_lag_p99_ms / 1000),
    Figure("confab_buffer_bytes", "Written to sockets, and not taken by the network yet.",
           lambda report: report.buffer_bytes),
    Figure("confab_memory_bytes", "Resident memory.", lambda report: report.memory_bytes),
    Figure("confab_database_up", "1 when the database answers.", lambda report: report.database_ms is not None),
    Figure("confab_database_seconds", "A query's way to the database and back.",
           lambda report: _seconds(report.database_ms)),
    Figure("confab_redis_seconds", "A message's way through the channel layer, where that is Redis.",
           lambda report: _seconds(report.redis_ms)),
    Figure("confab_start_time_seconds", "When the process started, in Unix time.",
           lambda report: datetime.fromisoformat(report.started_at).timestamp()),
)  # fmt: skip


class Figures(Collector):
    """What Prometheus is told of these workers and of the site's outbox; None where the database is away."""

    def __init__(self, reports: Sequence[Report], outbox: Backlog | None) -> None:
        self._reports, self._outbox = reports, outbox

    def collect(self) -> Iterator[Metric]:
        for figure in COUNTERS:
            yield self._filled(CounterMetricFamily(figure.name, figure.help, labels=["worker"]), figure)
        for figure in GAUGES:
            yield self._filled(GaugeMetricFamily(figure.name, figure.help, labels=["worker"]), figure)
        yield self._refused()
        yield self._info()
        if self._outbox:
            due = "Pushes and e-mails whose time has come; counted up to 10,000."
            oldest = "How long the oldest of them has been due."
            yield GaugeMetricFamily("confab_outbox_due", due, self._outbox.due)
            yield GaugeMetricFamily("confab_outbox_oldest_seconds", oldest, self._outbox.oldest_seconds)

    def _filled(self, family: Metric, figure: Figure) -> Metric:
        for report in self._reports:
            value = figure.of(report)
            if value is not None:
                family.add_metric([str(report.pid)], float(value))  # type: ignore[attr-defined]  # each family has it
        return family

    def _refused(self) -> Metric:
        family = CounterMetricFamily("confab_refused", "Commands answered with an error.", labels=["worker", "code"])
        for report in self._reports:
            for code, count in report.refused_by.items():
                family.add_metric([str(report.pid), code], count)
        return family

    def _info(self) -> Metric:
        family = GaugeMetricFamily("confab_info", "1; the labels tell.", labels=["worker", "version", "host"])
        for report in self._reports:
            family.add_metric([str(report.pid), report.version, report.host], 1)
        return family


async def metrics(request: HttpRequest) -> HttpResponse:
    if not _may_ask(request):
        text = "Not for you: send METRICS_TOKEN as a Bearer token; where none is set, ask from this machine directly.\n"
        return HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")
    reports = await _reports()
    try:
        outbox = await in_database(backlog, timezone.now())
    except ClientError:
        outbox = None
    registry = CollectorRegistry()
    registry.register(Figures(reports, outbox))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE)


def _may_ask(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        said = request.headers.get("Authorization", "")
        return compare_digest(said.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    forwarded = any(name in request.META for name in FORWARDED)
    return not forwarded and is_loopback(request.META.get("REMOTE_ADDR") or "")


async def _reports() -> list[Report]:
    """This worker's, and those of all others at the same port that answer in time."""
    here, asked_at = vitals(), monotonic()
    here.watch()
    wanted = settings.WORKERS if here.supervisor else 1
    while len(found := here.siblings(asked_at - FRESH_SECONDS)) < wanted:
        if monotonic() - asked_at > SIBLINGS_SECONDS:
            break
        await asyncio.sleep(0.02)  # reports come from outside; there is no event to wait for
    return found or [here.report()]
