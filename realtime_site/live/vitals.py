"""How each worker is: told between workers while somebody looks, and to nobody while nobody does.

Whoever looks calls `watch` again and again: it is a lease of ten seconds, of which all workers hear. While one holds,
each tells its report every two seconds, in one message of the layer, which carries the lease on as well. Nobody asks
a central place, and a worker that was killed is forgotten with its last report.

Knows no chat: apps put figures of their own into a report by `contribute`.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from channels.layers import InMemoryChannelLayer
from django.db import connection

from realtime_site import __version__
from realtime_site.live import topics
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError
from realtime_site.live.hub import Hub, hub
from realtime_site.live.meters import Lag, meters
from realtime_site.live.presence import presence
from realtime_site.live.report import Latency, Pace, Report, memory_bytes

logger = logging.getLogger(__name__)

EVERY_SECONDS = 2.0
LEASE_SECONDS = 10.0
# Five reports that did not come: the worker is gone.
FORGET_SECONDS = 10.0
# The loop's lateness is looked at so often: always, for the minute before somebody looks; and while somebody does.
TICK_SECONDS, WATCHED_TICK_SECONDS = 1.0, 0.1
# A report waits so long for the database's answer, and then tells how long that has been taking.
PATIENCE_SECONDS = 0.25

HOST = socket.gethostname()
STARTED_AT = datetime.now(UTC).isoformat(timespec="seconds")


class Vitals:
    """Belongs to a hub and lives on its loop."""

    def __init__(self, of: Hub, worker_id: str) -> None:
        self._hub = of
        self.worker_id = worker_id
        # The process whose workers share this one's listening socket; 0 where it has one of its own.
        self.supervisor = 0
        self._contributions: dict[str, Callable[[], Any]] = {}
        # Until when somebody on this worker looks, and until when anybody does.
        self._wanted_until = self._watched_until = float("-inf")
        self._heard: dict[str, tuple[float, Report]] = {}
        self._told_at = self._asked_at = self._paced_at = float("-inf")
        self._told: dict[str, Any] = {}
        self._told_draining = self._asking = False
        self._lag, self._pace = Lag(), Pace(meters)
        self._database, self._layer = Latency(), Latency()
        self._woken = asyncio.Event()
        of.listen(topics.VITALS, self._hear)
        of.spawn(self._run)

    # --- What others call --------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Somebody looks, for the next ten seconds."""
        now = monotonic()
        self._wanted_until = now + LEASE_SECONDS
        self._lease(now, LEASE_SECONDS)

    @property
    def watched(self) -> bool:
        return monotonic() < self._watched_until

    def workers(self) -> list[Report]:
        """The last reports of all workers heard lately, this one included; the oldest worker first."""
        self._forget(monotonic())
        return sorted((report for _, report in self._heard.values()), key=lambda one: (one.started_at, one.worker))

    def siblings(self, since: float) -> list[Report]:
        """Those of `workers` that share this one's listening socket and were heard after `since`, a `monotonic`."""
        recent = {report.worker for heard_at, report in self._heard.values() if heard_at >= since}
        return [one for one in self.workers() if one.worker in recent and self._is_sibling(one)]

    def contribute(self, name: str, function: Callable[[], Any]) -> None:
        """What `function` returns, JSON-ready, is in each report as `extra[name]`. It is called on the loop."""
        self._contributions[name] = function

    def farewell(self) -> None:
        """The worker drains: whoever looks sees it at once."""
        self._woken.set()

    def report(self) -> Report:
        """How this worker is now."""
        now, sockets, totals = monotonic(), self._hub.sockets, meters.totals()
        return Report(
            worker=self.worker_id,
            host=HOST,
            pid=os.getpid(),
            supervisor=self.supervisor,
            version=__version__,
            started_at=STARTED_AT,
            draining=self._hub.draining,
            connections=len(sockets),
            loop_lag_p99_ms=round(self._lag.p99(now) * 1000, 2),
            buffer_bytes=sum(one.outlet.unsent_bytes() for one in sockets),
            memory_bytes=memory_bytes(),
            database_ms=self._database.milliseconds(now),
            redis_ms=self._layer.milliseconds(now),
            totals=totals,
            refused_by=dict(meters.refused),
            extra=self._extra(),
            **{name: totals[name] for name in ("slow_closed", "refused", "gap_repairs", "layer_failures")},
            **self._pace.figures(),
        )

    def _extra(self) -> dict[str, Any]:
        extra = {}
        for name, function in self._contributions.items():
            try:
                extra[name] = function()
            except Exception:  # one app's figures are not the others'
                logger.exception("The figures of %s could not be had", name)
        return extra

    def _is_sibling(self, report: Report) -> bool:
        together = self.supervisor and (report.host, report.supervisor) == (HOST, self.supervisor)
        return bool(together) or report.worker == self.worker_id

    # --- Telling -----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        pause = WATCHED_TICK_SECONDS if self.watched else TICK_SECONDS
        before = monotonic()
        try:
            async with asyncio.timeout(pause):
                await self._woken.wait()
            self._woken.clear()
        except TimeoutError:
            self._lag.add(monotonic(), monotonic() - before - pause)
        self.tick(monotonic())

    def tick(self, now: float) -> None:
        if now - self._paced_at >= TICK_SECONDS:
            self._paced_at = now
            self._pace.sample()
        if now >= self._watched_until or not self._is_due(now):
            return
        drains = self._hub.draining != self._told_draining
        if not self._asking and not drains:
            self._asking, self._asked_at = True, now
            self._ask_database(now)
        if drains or not self._database.awaited or now - self._asked_at >= PATIENCE_SECONDS:
            self._tell(now)

    def _is_due(self, now: float) -> bool:
        return now - self._told_at >= EVERY_SECONDS or self._hub.draining != self._told_draining

    def _tell(self, now: float) -> None:
        """Tells all workers how this one is, and how long somebody here will look."""
        self._asking, self._told_at, self._told_draining = False, now, self._hub.draining
        report = self.report()
        self._heard[self.worker_id] = (now, report)
        watch = max(0.0, self._wanted_until - now)
        self._told = {"worker": self.worker_id, "report": report.to_json(), "watch": watch, "at": now}
        if not isinstance(self._hub.layer, InMemoryChannelLayer):
            self._layer.begin(now)
        self._hub.tell(topics.VITALS, self._told)

    def _lease(self, now: float, seconds: float) -> None:
        if seconds > 0 and now >= self._watched_until:
            self._woken.set()
        self._watched_until = max(self._watched_until, now + min(seconds, LEASE_SECONDS))

    def _ask_database(self, now: float) -> None:
        if not self._database.awaited:  # one that hangs is not asked again meanwhile
            self._database.begin(now)
            self._asking_task = self._hub.loop.create_task(self._answered(now))

    async def _answered(self, asked_at: float) -> None:
        try:
            await in_database(_select_one)
            self._database.end(monotonic() - asked_at)
        except ClientError:
            self._database.end(None)
        self._woken.set()

    # --- Hearing -----------------------------------------------------------------------------------------------------

    def _hear(self, message: dict[str, Any]) -> None:
        now = monotonic()
        self._lease(now, message["watch"])
        if message["worker"] == self.worker_id:
            if message is not self._told:  # the very same object has not been on the layer, which is away
                self._layer.end(now - message["at"])
        elif report := Report.from_json(message["report"]):
            self._heard[report.worker] = (now, report)
        self._forget(now)

    def _forget(self, now: float) -> None:
        for worker, (heard_at, _) in list(self._heard.items()):
            if now - heard_at > FORGET_SECONDS:
                del self._heard[worker]


def _select_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


_current: Vitals | None = None


def vitals() -> Vitals:
    """Those of this process's hub, started on first use. Call it on the event loop."""
    global _current
    if _current is None or _current._hub is not hub():
        _current = Vitals(hub(), presence().worker_id)
    return _current
