"""The sockets of the site: one for everything, composed of the apps', and one for addresses nobody serves."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from channels.consumer import AsyncConsumer

from chat.consumers import ChatConsumer
from notifications import protocol
from notifications.consumers import NotificationConsumer
from realtime_site.live.closing import Close
from realtime_site.live.frames import Command


class SiteConsumer(ChatConsumer, NotificationConsumer):
    """`/ws/`: everything a browser needs, over one socket."""

    commands: ClassVar[tuple[type[Command], ...]] = (*ChatConsumer.commands, *protocol.COMMANDS)


class NowhereConsumer(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    """Closes with 4404, where daphne would answer an unknown address with a traceback and 500."""

    channel_layer_alias = None

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[..., Any]
    ) -> None:
        await receive()
        offered = scope.get("subprotocols") or [None]
        await send({"type": "websocket.accept", "subprotocol": offered[0]})
        await send({"type": "websocket.close", "code": int(Close.NOT_FOUND)})
