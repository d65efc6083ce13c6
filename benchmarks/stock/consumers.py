"""The tutorial's consumer, and the same with what everybody adds next: who is logged in, and one row a message."""

import json
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from benchmarks.stock.models import Message


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        self.room = self.scope["url_route"]["kwargs"]["room_name"]
        self.group = f"chat_{self.room}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str) -> None:
        message = json.loads(text_data)["message"]
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "message": message})

    async def chat_message(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps({"message": event["message"]}))


class LoggedInChatConsumer(ChatConsumer):
    group: str | None = None

    async def connect(self) -> None:
        if not self.scope["user"].is_authenticated:
            await self.close()
            return
        await super().connect()

    async def disconnect(self, code: int) -> None:
        if self.group:
            await super().disconnect(code)


class StoredChatConsumer(LoggedInChatConsumer):
    async def receive(self, text_data: str) -> None:
        message = json.loads(text_data)["message"]
        await database_sync_to_async(Message.objects.create)(room=self.room, author=self.scope["user"], body=message)
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "message": message})
