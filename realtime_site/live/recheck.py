"""Whether the people of this worker's sockets may still be here, and hear what they hear.

Asked of the database every few seconds for all sockets, in a handful of queries whatever their number, so that access
that was withdrawn ends within seconds on every worker, also while Redis is away. Sooner for those of whom somebody
says that they changed (`publish.recheck`), and for new ones, whose news may have come while they were on their way.
"""

import asyncio
from collections.abc import Iterable
from time import monotonic
from typing import Any

from realtime_site.live import auth
from realtime_site.live.closing import Close
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError
from realtime_site.live.events import EventSource
from realtime_site.live.meters import meters
from realtime_site.live.subscriber import Subscriber

# With a second for TICK_SECONDS and another for the queries: withdrawn access ends within 5 s.
EVERYBODY_SECONDS = 3.0
TICK_SECONDS = 0.5
# Sockets compared before other work of the loop gets its turn: some 5 ms.
AT_A_TIME = 500


class Recheck:
    """Belongs to a hub and lives on its loop."""

    def __init__(self, source: EventSource) -> None:
        self._source = source
        self.sockets: set[Subscriber] = set()
        self._doubtful: set[Subscriber] = set()
        self._everybody_at = monotonic()

    def came(self, socket: Subscriber) -> None:
        self.sockets.add(socket)
        self._doubtful.add(socket)

    def left(self, socket: Subscriber) -> None:
        self.sockets.discard(socket)
        self._doubtful.discard(socket)

    def doubt(self, user_ids: Iterable[int]) -> None:
        """Something about these people changed; their sockets are looked at next."""
        wanted = set(user_ids)
        self._doubtful.update(socket for socket in self.sockets if socket.identity.user.pk in wanted)

    async def run(self) -> None:
        await asyncio.sleep(TICK_SECONDS)
        now = monotonic()
        everybody = now - self._everybody_at >= EVERYBODY_SECONDS
        looked_at = list(self.sockets if everybody else self._doubtful)
        self._doubtful.clear()
        if everybody:
            self._everybody_at = now
        if looked_at:
            await self._look_at(looked_at)

    async def _look_at(self, sockets: list[Subscriber]) -> None:
        known = {socket: (socket.identity, socket.subscriptions()) for socket in sockets}
        try:
            changed, allowed = await in_database(self._ask, [identity for identity, _ in known.values()])
        except Exception as error:
            self._doubtful |= self.sockets & set(sockets)
            if isinstance(error, ClientError):  # the database is away, and with it whatever is said and stored
                return
            raise
        for number, (socket, (identity, topics)) in enumerate(known.items(), 1):
            if number % AT_A_TIME == 0:
                await asyncio.sleep(0)
            if socket not in self.sockets or socket.identity is not identity:
                continue
            fresh = changed.get(identity.credentials, identity)
            if fresh is None:
                meters.revoked += 1
                socket.close(Close.LOGGED_OUT)
                continue
            if fresh is not identity:
                socket.identify(fresh)
            socket.reconcile(allowed.get(fresh.user.pk, {}), topics)

    def _ask(self, identities: list[auth.Identity]) -> tuple[dict[auth.Credentials, Any], dict[int, dict[str, int]]]:
        return auth.changed(identities), self._source.allowed({identity.user.pk for identity in identities})
