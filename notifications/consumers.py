"""`/ws/notifications/`: the commands of `notifications.protocol`, each a few lines that call services and selectors."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import msgspec

from notifications import explain, protocol, selectors
from notifications.activity import activity
from notifications.delivery import vapid
from notifications.live import inboxes
from notifications.services import preferences, reading
from realtime_site.live import topics
from realtime_site.live.admission import Snapshot
from realtime_site.live.consumer import LiveConsumer
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError
from realtime_site.live.frames import Command

Fields = dict[str, Any]


class NotificationConsumer(LiveConsumer):
    """The inbox of one person."""

    commands: ClassVar[tuple[type[Command], ...]] = (*LiveConsumer.commands, *protocol.COMMANDS)

    @classmethod
    def snapshots(cls, sockets: Sequence[Self]) -> list[Snapshot | ClientError]:
        summaries = selectors.summaries({socket.user.pk for socket in sockets}, vapid.public_key())
        return [
            found if isinstance(found, ClientError) else found | {"notifications": summaries[socket.user.pk]}
            for socket, found in zip(sockets, super().snapshots(sockets), strict=True)
        ]

    def welcome(self, snapshot: Snapshot) -> None:
        """Subscribes to the inbox first: what is delivered from here on, the snapshot or the subscription has."""
        inboxes()
        summary: protocol.Summary = snapshot["notifications"]
        complete = self.attach(topics.inbox(self.user.pk), summary.seq)
        super().welcome(snapshot | {"notifications": msgspec.structs.replace(summary, seq=complete)})

    async def notification_list(self, command: protocol.NotificationList) -> Fields:
        page = await in_database(
            selectors.page,
            user_id=self.user.pk,
            view=command.view,
            before=command.before,
            limit=command.limit,
        )
        return vars(page)

    async def notification_sync(self, command: protocol.NotificationSync) -> Fields:
        return vars(await in_database(selectors.changes, user_id=self.user.pk, after=command.after))

    async def notification_read(self, command: protocol.NotificationRead) -> Fields:
        if command.up_to is not None:
            unread = await in_database(reading.read_up_to, user_id=self.user.pk, seq=command.up_to)
        else:
            unread = await in_database(reading.read, user_id=self.user.pk, ids=command.ids or [])
        return {"unread": unread}

    async def notification_unread(self, command: protocol.NotificationUnread) -> Fields:
        return {"unread": await in_database(reading.unread, user_id=self.user.pk, ids=command.ids)}

    async def notification_seen(self, command: protocol.NotificationSeen) -> Fields:
        await in_database(reading.seen, user_id=self.user.pk, up_to=command.up_to)
        return {}

    async def notification_why(self, command: protocol.NotificationWhy) -> msgspec.Struct:
        return await in_database(
            explain.why, user_id=self.user.pk, notification_id=command.notification, target=command.target
        )

    async def notification_level(self, command: protocol.NotificationLevel) -> Fields:
        await in_database(preferences.set_level, user_id=self.user.pk, scope=command.scope, level=command.level)
        return {"scope": command.scope, "level": command.level}

    def active(self, command: protocol.Active) -> Fields:
        activity().saw(self.user.pk)
        return {}
