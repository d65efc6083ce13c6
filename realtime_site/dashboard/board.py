"""What all dashboards of this worker see, made once for all of them, every two seconds, while there are any.

Figures are what workers tell each other (`live/vitals.py`, `live/presence.py`) and nobody is asked for them; the
database is, for one page of rooms a view and for who may still look.
"""

import asyncio
from collections.abc import Collection
from time import monotonic
from typing import Any, Protocol

from realtime_site.dashboard import figures, protocol, rooms
from realtime_site.dashboard.permission import may_look
from realtime_site.dashboard.protocol import View, encode
from realtime_site.live import topics
from realtime_site.live.closing import Close
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError
from realtime_site.live.hub import Hub, hub
from realtime_site.live.presence import presence
from realtime_site.live.vitals import vitals

EVERY_SECONDS = 2.0
# Who is online in the rooms of a page is told every time; which rooms those are is asked as often as a list should move
# while somebody reads it. Ten thousand rooms take the database ten milliseconds.
ROOMS_SECONDS = 4.0
# Anomalies are rare, and a row more is no hurry.
ANOMALIES_SECONDS = 10.0


class Watcher(Protocol):
    user: Any
    outlet: Any

    def close(self, code: int) -> None: ...


class Board:
    """Belongs to a hub and lives on its loop."""

    def __init__(self, of: Hub) -> None:
        self.hub = of
        # All sockets, those that have not said what they look at included: they are let go of alike.
        self._views: dict[Watcher, View | None] = {}
        self._somebody = asyncio.Event()
        self._heard = figures.Heard()
        self._pages: dict[View, tuple[float, rooms.Page]] = {}
        self._anomalies: tuple[float, str] = (float("-inf"), "")
        of.spawn(self._run)

    # --- What consumers call -----------------------------------------------------------------------------------------

    def came(self, watcher: Watcher) -> None:
        self._views[watcher] = None
        self._somebody.set()

    def left(self, watcher: Watcher) -> None:
        self._views.pop(watcher, None)
        if not self._views:
            self._somebody.clear()

    async def look(self, watcher: Watcher, view: View) -> None:
        """From now on the watcher sees this page. It gets it at once, and the rest at once the first time."""
        first = self._views.get(watcher) is None
        self._views[watcher] = view
        if first:
            vitals().watch()
            self._tell([watcher], self._figures(monotonic()) + await self._from_anomalies(monotonic()))
        self._tell([watcher], [await self._rooms(view)])

    # --- Telling -----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        await self._somebody.wait()
        await asyncio.sleep(EVERY_SECONDS)
        if self._views:
            await self.tick(monotonic())

    async def tick(self, now: float) -> None:
        """Also while the database is away: that is when somebody wants to see how the workers are."""
        looking = [watcher for watcher, view in self._views.items() if view is not None]
        if looking:
            vitals().watch()
            self._tell(looking, self._figures(now))
        try:
            await self._let_go()
            if looking:
                await self._tell_from_database(now)
        except ClientError as error:
            if error.code != "unavailable":
                raise

    async def _let_go(self) -> None:
        """Closes those whose person may look no more."""
        here = list(self._views)
        allowed = await in_database(may_look, {watcher.user.pk for watcher in here})
        for watcher in here:
            if watcher.user.pk not in allowed:
                watcher.close(Close.FORBIDDEN)
                self.left(watcher)

    async def _tell_from_database(self, now: float) -> None:
        looking: dict[View, list[Watcher]] = {}
        for watcher, view in self._views.items():
            if view is not None:
                looking.setdefault(view, []).append(watcher)
        told = await self._from_anomalies(now)
        self._pages = {view: page for view, page in self._pages.items() if view in looking}
        for view, watchers in looking.items():
            found = await self._rooms(view)
            self._tell([one for one in watchers if self._views.get(one) == view], [found])
            self._tell(watchers, told)

    @staticmethod
    def _tell(watchers: Collection[Watcher], texts: Collection[str]) -> None:
        for watcher in watchers:
            for text in texts:
                watcher.outlet.send(text)

    # --- What is told ------------------------------------------------------------------------------------------------

    def _figures(self, now: float) -> list[str]:
        reports = vitals().workers()
        heard = self._heard.listen(reports, now)
        told = (
            protocol.Workers(figures.workers(heard)),
            figures.totals(heard, presence().everybody()),
            figures.proof(reports),
        )
        return [encode(event) for event in told]

    async def _rooms(self, view: View) -> str:
        online, rates = presence(), figures.rates(vitals().workers())
        read_at, found = self._pages.get(view, (float("-inf"), None))
        if found is None or monotonic() - read_at >= ROOMS_SECONDS:
            hot = online.counts() if view.sort == "online" else rates if view.sort == "rate" else {}
            found = await in_database(rooms.page, view, hot)
            self._pages[view] = (monotonic(), found)
        shown = [
            protocol.Room(
                id=row.pk,
                slug=row.slug,
                name=row.name,
                kind=row.kind,
                online=online.count(topics.room(row.pk)),
                rate=rates[row.pk],
                last_message_at=row.last_message_at,
                reports=row.open_reports,
                archived=row.archived_at is not None,
            )
            for row in found.rooms
        ]
        return encode(
            protocol.Rooms(
                query=view.query,
                sort=view.sort,
                order=view.order,
                page=found.page,
                pages=found.pages,
                total=found.total,
                open_reports=found.open_reports,
                rooms=shown,
            )
        )

    async def _from_anomalies(self, now: float) -> list[str]:
        """Read now and then, whoever asks."""
        read_at, text = self._anomalies
        if now - read_at >= ANOMALIES_SECONDS:
            text = encode(protocol.Anomalies(await in_database(rooms.anomalies)))
            self._anomalies = (now, text)
        return [text]


_current: Board | None = None


def board() -> Board:
    """Of this process's hub, started on first use. Call it on the event loop."""
    global _current
    if _current is None or _current.hub is not hub():
        _current = Board(hub())
    return _current
