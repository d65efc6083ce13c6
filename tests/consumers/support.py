"""A client of the wire protocol for tests: connects through the application, keeps events apart from replies."""

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from realtime_site.accounts.models import User

PATIENCE_SECONDS = 30
ORIGIN = "http://testserver"


def session_cookie(user: User) -> str:
    """A logged-in session, as a `Cookie` header."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"sessionid={session.session_key}"


class Client:
    """One socket. `events` are frames that answer no command, in the order they came."""

    def __init__(self, path: str = "/ws/", **headers: str) -> None:
        from realtime_site.asgi import application

        sent = {"host": "testserver", "origin": ORIGIN, **headers}
        self.socket = WebsocketCommunicator(
            application,
            path,
            headers=[(name.encode(), value.encode()) for name, value in sent.items() if value],
            subprotocols=["live.v1"] if not path.startswith("/ws/rooms/") else None,
        )
        self.events: list[dict[str, Any]] = []
        self._ids = itertools.count(1)

    @classmethod
    async def open(cls, user: User, path: str = "/ws/") -> "Client":
        """Connected with the user's session, `welcome` read into `client.welcome` (plain room sockets have none)."""
        client = cls(path, cookie=await sync_to_async(session_cookie)(user))
        connected, _ = await client.socket.connect(timeout=PATIENCE_SECONDS)
        assert connected
        if not path.startswith("/ws/rooms/"):
            client.welcome = await client.receive()
            assert client.welcome["type"] == "welcome"
        return client

    async def receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await self.socket.receive_from(timeout=PATIENCE_SECONDS))
        return frame

    async def command(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Sends a command and returns its reply; events that come before it are kept."""
        command_id = next(self._ids)
        await self.socket.send_to(text_data=json.dumps({"type": kind, "id": command_id, **fields}))
        while True:
            frame = await self.receive()
            if frame.get("id") == command_id:
                return frame
            self.events.append(frame)

    async def send(self, room: int, body: str, client_id: str | None = None) -> dict[str, Any]:
        return await self.command("message.send", room=room, body=body, client_id=client_id or str(uuid4()))

    async def event(self, kind: str, accept: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The next event of a kind that is accepted, one already seen included; it is taken out of `events`."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for position, frame in enumerate(self.events):
                    if frame["type"] == kind and accept(frame):
                        return self.events.pop(position)
                self.events.append(await self.receive())

    async def close_code(self) -> int:
        """The code the server closes with; frames before it are kept."""
        while True:
            message = await self.socket.receive_output(timeout=PATIENCE_SECONDS)
            if message["type"] == "websocket.close":
                return int(message["code"])
            if message.get("text"):
                self.events.append(json.loads(message["text"]))

    async def close(self) -> None:
        await self.socket.disconnect(timeout=PATIENCE_SECONDS)

    def room(self, slug: str) -> dict[str, Any]:
        found: dict[str, Any] = next(room for room in self.welcome["rooms"] if room["slug"] == slug)
        return found
