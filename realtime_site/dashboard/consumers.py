"""`/ws/dashboard/`: for the live dashboard of the admin, and for nobody else."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from realtime_site.dashboard import protocol
from realtime_site.dashboard.board import board
from realtime_site.dashboard.permission import may_look
from realtime_site.live.admission import Snapshot
from realtime_site.live.consumer import LiveConsumer
from realtime_site.live.errors import ClientError
from realtime_site.live.frames import Command


class DashboardConsumer(LiveConsumer):
    """Closed with 4403 for who may not look, or no longer."""

    commands: ClassVar[tuple[type[Command], ...]] = (*LiveConsumer.commands, *protocol.COMMANDS)

    @classmethod
    def snapshots(cls, sockets: Sequence[Self]) -> list[Snapshot | ClientError]:
        allowed = may_look({socket.user.pk for socket in sockets})
        return [
            found if socket.user.pk in allowed else ClientError("forbidden", "You may not see the dashboard.")
            for socket, found in zip(sockets, super().snapshots(sockets), strict=True)
        ]

    def welcome(self, snapshot: Snapshot) -> None:
        super().welcome(snapshot)
        board().came(self)

    def leave(self) -> None:
        board().left(self)
        super().leave()

    async def dashboard_watch(self, command: protocol.DashboardWatch) -> dict[str, Any]:
        await board().look(self, command.view)
        return {}
