"""Who is using a page right now, so that they are not pushed to: heard from pages, written down every few seconds in
one statement, whatever the number of people.

Lives on the event loop, one a process. What a worker that is killed had not written is said again by the pages within
half a minute.
"""

import asyncio

from django.utils import timezone

from notifications import sql
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError
from realtime_site.live.hub import Hub, hub

# How late a deliverer may hear of somebody; a fraction of the 90 s for which it counts (`policy.ACTIVE_SECONDS`).
EVERY_SECONDS = 3.0
# People in one statement.
AT_ONCE = 1_000


class Activity:
    """Belongs to a hub."""

    def __init__(self, of: Hub) -> None:
        self.hub = of
        self._seen: set[int] = set()
        of.spawn(self._run)

    def saw(self, user_id: int) -> None:
        self._seen.add(user_id)

    async def _run(self) -> None:
        await asyncio.sleep(EVERY_SECONDS)
        await self.write_down()

    async def write_down(self) -> None:
        seen, self._seen = sorted(self._seen), set()
        for start in range(0, len(seen), AT_ONCE):
            try:
                await in_database(sql.upsert_active, seen[start : start + AT_ONCE], timezone.now())
            except ClientError:  # the database is away
                self._seen.update(seen[start:])
                return


_current: Activity | None = None


def activity() -> Activity:
    """Of this process's hub, started on first use. Call it on the event loop."""
    global _current
    if _current is None or _current.hub is not hub():
        _current = Activity(hub())
    return _current
