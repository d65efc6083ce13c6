"""A client that behaves as docs/protocol.md asks: it stays connected, keeps order, closes gaps, tries again.

It keeps what tests ask about: what it sent, what was acked, what it heard.
"""

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tests.scale.link import Frame, Link
from tests.scale.roomlog import RoomLog

HOLD_SECONDS = 0.3


class Client(Link):
    """One person's program, with all their rooms."""

    def __init__(self, token: str, addresses: Sequence[str], **options: Any) -> None:
        super().__init__(token, addresses, **options)
        self.rooms: dict[int, RoomLog] = {}
        self.sent: list[str] = []
        self.acked: dict[str, Frame] = {}
        self.sent_again = 0
        self.errors: list[Frame] = []
        self.events: list[Frame] = []  # all but messages
        self._catching_up: dict[int, asyncio.Task[None]] = {}
        self._outbox: dict[str, tuple[Frame, asyncio.Future[Frame]]] = {}

    def post(self, room: int, body: str) -> "asyncio.Future[Frame]":
        """Sends a message, again after each reconnect, until it is acked: a future of the stored message."""
        client_id = str(uuid.uuid4())
        self.sent.append(client_id)
        future: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        command = {"type": "message.send", "room": room, "client_id": client_id, "body": body}
        self._outbox[client_id] = command, future
        if self.is_connected:
            self._send_stored(client_id)
        return future

    def heard_of(self, kind: str) -> list[Frame]:
        return [event for event in self.events if event["type"] == kind]

    def on_event(self, event: Frame) -> None:
        if event["type"] == "message":
            self._on_message(event)
            return
        self.events.append(event)
        if event["type"] == "welcome":
            self._on_welcome(event)

    def _on_welcome(self, frame: Frame) -> None:
        for room in frame["rooms"]:
            log = self.rooms.setdefault(room["id"], RoomLog(room["seq"]))
            log.head = max(log.head, room["seq"])
            if log.is_behind:
                self._catch_up(room["id"], log)
        for client_id in self._outbox:
            self.sent_again += 1
            self._send_stored(client_id)

    def _on_message(self, frame: Frame) -> None:
        log = self.rooms[frame["room"]]
        log.offer(frame)
        if log.is_behind:
            self._catch_up(frame["room"], log, hold_seconds=HOLD_SECONDS)

    def _catch_up(self, room: int, log: RoomLog, *, hold_seconds: float = 0) -> None:
        """One at a time for each room. A lost connection ends it; the next `welcome` begins it anew."""

        async def work() -> None:
            await asyncio.sleep(hold_seconds)
            with suppress(ConnectionError):
                while log.is_behind:
                    await self._sync(room, log)

        if room not in self._catching_up:
            self._catching_up[room] = self.spawn(work())
            self._catching_up[room].add_done_callback(lambda _: self._catching_up.pop(room))

    async def _sync(self, room: int, log: RoomLog) -> None:
        log.syncs += 1
        answer = await self._read("room.sync", room=room, after=log.last)
        if not answer["reset"]:
            log.complete(answer["messages"], answer["seq"])
            return
        more = True
        while more:
            page = await self._read("room.history", room=room, after=log.last, limit=100)
            log.complete(page["messages"], page["messages"][-1]["seq"])
            more = page["more_after"]

    async def _read(self, kind: str, **fields: int) -> Frame:
        while (answer := await self.command(kind, **fields))["type"] == "error":
            await asyncio.sleep(answer["retry_after"])
        return answer

    def _send_stored(self, client_id: str) -> None:
        if client_id not in self._outbox:
            return
        reply = self.ask(self._outbox[client_id][0])
        reply.add_done_callback(lambda done: self._on_ack(client_id, done))

    def _on_ack(self, client_id: str, reply: "asyncio.Future[Frame]") -> None:
        if reply.cancelled() or reply.exception() or client_id not in self._outbox:
            return
        answer = reply.result()
        if answer["type"] == "ok":
            self.acked[client_id] = answer["message"]
            self._outbox.pop(client_id)[1].set_result(answer["message"])
        else:
            self.errors.append(answer)
            if "retry_after" in answer:
                asyncio.get_running_loop().call_later(answer["retry_after"], self._send_stored, client_id)
