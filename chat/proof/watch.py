"""Judges clients' reports, on the loop of the worker they come to. Costs a comparison a room, and no query.

Only where something is wrong the database is asked: a row for the admin, a bounded number of them. A client may report
what it likes, as often as it likes: its person is counted as one, and its rows name them.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Collection
from functools import partial
from time import monotonic
from typing import NamedTuple

from chat.proof.behind import Lost, Reader
from chat.proof.figures import Hour
from chat.protocol import DeliveryReport
from chat.services import anomalies
from realtime_site.live import topics
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError
from realtime_site.live.hub import Hub, hub
from realtime_site.live.limits import Buckets, Rate
from realtime_site.live.meters import meters
from realtime_site.live.outlets import Outlet
from realtime_site.live.vitals import vitals

logger = logging.getLogger(__name__)

# Rows an hour: of one person, so that who makes things up is one of many; of a worker, so that a fault of ours that
# everybody reports is a page of rows and not the load that ends it.
_of_person = Buckets("anomalies of a person", Rate(per_second=20 / 3600, burst=20))
_of_worker = Buckets("anomalies", Rate(per_second=1_000 / 3600, burst=1_000))
# An explanation looks back so far.
LOOK_BACK_SECONDS = 60.0
# From here on a socket counts as slow to read.
SLOW_BYTES = 16 * 1024


class Found(NamedTuple):
    """Something that should not be."""

    kind: str
    room: int
    first: int
    last: int
    seconds: float = 0.0


class _Sample(NamedTuple):
    at: float
    repairs: int
    failures: int


class Watch:
    """Belongs to a hub and lives on its loop."""

    def __init__(self, of: Hub, worker: str) -> None:
        self.hub = of
        self._worker = worker
        self.hour = Hour()
        self._samples: deque[_Sample] = deque([_sample(monotonic())], maxlen=int(LOOK_BACK_SECONDS) + 1)
        self._writing: set[asyncio.Task[None]] = set()

    def report(
        self, reader: Reader, said: DeliveryReport, *, user_id: int, mine: Collection[str], outlet: Outlet
    ) -> None:
        """`mine`: the topics the socket is subscribed to; rooms beside these are passed over."""
        now = monotonic()
        self._look(now)
        rooms = {room: seq for room, seq in said.rooms if topics.room(room) in mine}
        reader.left({room for name in mine if (room := topics.room_id(name)) is not None})
        lost = [found for room, seq in rooms.items() if (found := self._lost(reader, room, seq, now))]
        self.hour.report(now, said, person=user_id, lost=bool(lost), before=reader.reported_at)
        reader.reported_at = now
        wrong = [*(Found("lost", *one) for one in lost), *_of_order(said, rooms)]
        for one in wrong:
            self._write(one, user_id, self._explain(one, reader, said, outlet, now))

    def _lost(self, reader: Reader, room: int, seq: int, now: float) -> Lost | None:
        topic = self.hub.topics.get(topics.room(room))
        if topic is None or topic.delivered is None:
            return None
        return reader.compare(room, seq, topic.flushed, now)

    # --- Explaining --------------------------------------------------------------------------------------------------

    def _look(self, now: float) -> None:
        """Remembers how the worker's counts stood, at most once a second."""
        if now - self._samples[-1].at >= 1:
            self._samples.append(_sample(now))

    def _explain(self, found: Found, reader: Reader, said: DeliveryReport, outlet: Outlet, now: float) -> str:
        """What the worker knows of this socket and of itself in the last minute, as a sentence."""
        before = next((one for one in reversed(self._samples) if now - one.at >= LOOK_BACK_SECONDS), self._samples[0])
        repairs, failures = meters.gap_repairs - before.repairs, meters.layer_failures - before.failures
        open_seconds, unsent = now - reader.opened_at, outlet.unsent_bytes()
        facts = [
            found.seconds and f"missing for {found.seconds:.0f} s at least",
            f"the socket was opened {open_seconds:.0f} s ago" if open_seconds < LOOK_BACK_SECONDS else "",
            unsent > SLOW_BYTES and f"it reads slowly, {unsent:,} bytes wait",
            repairs and f"the worker repaired {repairs:,} gap{'s'[: repairs != 1]}",
            failures and f"the channel layer failed {failures:,} time{'s'[: failures != 1]}",
            said.repaired and f"the client filled {said.repaired:,} gap{'s'[: said.repaired != 1]} by asking",
            self.hub.draining and "the worker drains",
        ]
        known = "; ".join(fact for fact in facts if fact)
        quiet = not (open_seconds < LOOK_BACK_SECONDS or unsent > SLOW_BYTES or repairs or failures or said.repaired)
        if quiet:  # nothing of ours went wrong: what was written was taken and dropped at the other end
            known += f"{'; ' if known else ''}nothing else happened here in the last minute"
        return known[:1].upper() + known[1:] + "."

    # --- Writing -----------------------------------------------------------------------------------------------------

    def _write(self, found: Found, user_id: int, explanation: str) -> None:
        try:
            _of_person.take(user_id)
            _of_worker.take("worker")
        except ClientError:
            return
        logger.warning("A client reports: %s, room %d, %d to %d", found.kind, found.room, found.first, found.last)
        task = self.hub.loop.create_task(self._stored(found, user_id, explanation))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _stored(self, found: Found, user_id: int, explanation: str) -> None:
        row = partial(anomalies.record, kind=found.kind, room_id=found.room, first=found.first, last=found.last)
        try:
            await in_database(row, user_id=user_id, worker=self._worker, explanation=explanation)
        except ClientError:
            logger.warning("The database is away: an anomaly is in the log alone")


def _of_order(said: DeliveryReport, rooms: dict[int, int]) -> list[Found]:
    """The client does not say of which room these are: the row names the first, up to where it is complete."""
    kinds = [kind for kind, count in (("duplicated", said.duplicated), ("reordered", said.reordered)) if count]
    return [Found(kind, room, seq, seq) for room, seq in list(rooms.items())[:1] for kind in kinds]


def _sample(now: float) -> _Sample:
    return _Sample(now, meters.gap_repairs, meters.layer_failures)


_current: Watch | None = None


def watch() -> Watch:
    """That of this process's hub, started on first use. Call it on the event loop."""
    global _current
    if _current is None or _current.hub is not hub():
        _current = Watch(hub(), vitals().worker_id)
        vitals().contribute("proof", lambda hour=_current.hour: hour.sums(monotonic()))  # type: ignore[misc]
    return _current
