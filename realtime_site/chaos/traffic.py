"""People who talk in one room for as long as they are let, and how soon they understand each other again."""

import asyncio
import random
from collections.abc import Callable, Sequence
from time import monotonic

from realtime_site.chaos.client import Client
from realtime_site.chaos.link import PATIENCE_SECONDS, until


class Conversation:
    """Everybody talks, each waiting for an ack before the next message, as the browser does. `silent` ones listen.

    `pace_seconds` lies between an ack and the next message, half of it more or less as `dice` fall.
    """

    def __init__(
        self,
        clients: Sequence[Client],
        room: int,
        *,
        pace_seconds: float,
        dice: random.Random,
        silent: Sequence[Client] = (),
    ) -> None:
        self.clients, self.room = clients, room
        self._everybody = [*clients, *silent]
        self._pace_seconds, self._dice = pace_seconds, dice
        self._over = False
        self._talking: list[asyncio.Task[None]] = []
        # When each one's last acked message was begun, and its number.
        self._last: dict[Client, tuple[float, int]] = {}

    def start(self) -> None:
        self._talking = [client.spawn(self._talk(client)) for client in self.clients]

    async def stop(self, *, seconds: float = PATIENCE_SECONDS) -> None:
        """Returns when all that was sent is acked and heard by everybody. Raises TimeoutError."""
        self._over = True
        await until(lambda: all(task.done() for task in self._talking), "the last acks", seconds=seconds)
        self._complain()
        await self._heard(max(seq for _, seq in self._last.values()), seconds)

    async def goes_on(self, count: int, *, seconds: float = PATIENCE_SECONDS) -> None:
        """Returns when each has had `count` more messages acked. Raises TimeoutError."""
        wanted = {client: len(client.acked) + count for client in self.clients}
        await self._until(
            lambda: all(len(client.acked) >= many for client, many in wanted.items()),
            f"{count} acks for everybody",
            seconds,
        )

    async def recovery_seconds(self, *, since: float | None = None, seconds: float = PATIENCE_SECONDS) -> float:
        """From now, or the moment `since`, until a message that each began to send later is acked and heard by all.

        Raises TimeoutError.
        """
        since = monotonic() if since is None else since
        await self._until(lambda: min(self._begun()) > since, "a fresh ack for everybody", seconds)
        await self._heard(max(seq for _, seq in self._last.values()), seconds)
        return monotonic() - since

    def _begun(self) -> list[float]:
        return [self._last[client][0] if client in self._last else 0.0 for client in self.clients]

    async def _talk(self, client: Client) -> None:
        while not self._over:
            begun = monotonic()
            message = await client.post(self.room, f"message {len(client.sent)}")
            self._last[client] = begun, message["seq"]
            await asyncio.sleep(self._pace_seconds * self._dice.uniform(0.5, 1.5))

    async def _heard(self, seq: int, seconds: float) -> None:
        logs = [client.rooms[self.room] for client in self._everybody]
        await self._until(lambda: all(log.last >= seq for log in logs), f"number {seq} everywhere", seconds)

    async def _until(self, happened: Callable[[], bool], what: str, seconds: float) -> None:
        def happened_or_failed() -> bool:
            self._complain()
            return happened()

        await until(happened_or_failed, what, seconds=seconds)

    def _complain(self) -> None:
        """Raises what ended somebody's talk."""
        for task in self._talking:
            if task.done() and not task.cancelled():
                task.result()
