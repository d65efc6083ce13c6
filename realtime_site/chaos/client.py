"""A client that behaves as docs/protocol.md asks: it stays connected, keeps order, closes gaps, tries again.

It keeps what is asked about afterwards: what it sent, what was acked, what it heard, and when.
"""

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from realtime_site.chaos.checker import Diary, Row
from realtime_site.chaos.link import Frame, Link
from realtime_site.chaos.proof import Proof
from realtime_site.chaos.roomlog import RoomLog

HOLD_SECONDS = 0.3
# Refusals that pass by themselves, and when to try again where the server does not say.
PASSING = {"rate_limited", "unavailable", "internal"}
AGAIN_SECONDS = 2.0


class RefusedError(Exception):
    """The server will not have the message, now or later."""


class Client(Link):
    """One person's program, with all their rooms."""

    def __init__(self, token: str, addresses: Sequence[str], **options: Any) -> None:
        super().__init__(token, addresses, **options)
        self.rooms: dict[int, RoomLog] = {}
        self._proof = Proof(self.rooms)
        self.sent: dict[str, float] = {}  # when, first
        self.acked: dict[str, Frame] = {}
        self.sent_again = 0
        self.errors: list[Frame] = []
        self.events: list[Frame] = []  # all but messages
        self._catching_up: dict[int, asyncio.Task[None]] = {}
        self._outbox: dict[str, tuple[Frame, asyncio.Future[Frame]]] = {}
        self._asked: dict[str, asyncio.Future[Frame]] = {}

    def post(self, room: int, body: str) -> "asyncio.Future[Frame]":
        """Sends a message, again after each reconnect, until it is acked: a future of the stored message.

        It raises `RefusedError`. Several at once may be stored in another order when some of them are refused for a
        time; who minds waits for one before the next, as the browser does.
        """
        client_id = str(uuid.uuid4())
        self.sent[client_id] = monotonic()
        future: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        command = {"type": "message.send", "room": room, "client_id": client_id, "body": body}
        self._outbox[client_id] = command, future
        if self.is_connected:
            self._send_stored(client_id)
        return future

    def diary(self, name: str, room: int) -> Diary:
        log = self.rooms[room]
        acked = {client_id: _row(message) for client_id, message in self.acked.items()}
        return Diary(name, log.first, list(self.sent), acked, [_row(message) for message in log.heard])

    async def report(self) -> Frame:
        """Tells the server how complete the rooms are, as a page does every half minute."""
        return await self.command("delivery.report", **self._proof.report())

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
            self.sent_again += not self._waits_for(client_id)
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
        while (answer := await self.command(kind, **fields))["type"] == "error":  # noqa: ASYNC110
            await asyncio.sleep(answer.get("retry_after", AGAIN_SECONDS))
        return answer

    def _send_stored(self, client_id: str) -> None:
        if client_id not in self._outbox or self._waits_for(client_id):
            return
        reply = self._asked[client_id] = self.ask(self._outbox[client_id][0])
        reply.add_done_callback(lambda done: self._on_ack(client_id, done))

    def _waits_for(self, client_id: str) -> bool:
        """The future knows before its callbacks have run: a `welcome` may be read in between."""
        return client_id in self._asked and not self._asked[client_id].done()

    def _on_ack(self, client_id: str, reply: "asyncio.Future[Frame]") -> None:
        if reply.cancelled() or reply.exception() or client_id not in self._outbox:
            return  # the next `welcome` sends it again
        answer = reply.result()
        if answer["type"] == "ok":
            self.acked[client_id] = answer["message"]
            del self._asked[client_id]
            _settle(self._outbox.pop(client_id)[1], answer["message"])
            return
        self.errors.append(answer)
        if answer["code"] in PASSING:
            wait = answer.get("retry_after", AGAIN_SECONDS)
            asyncio.get_running_loop().call_later(wait, self._send_stored, client_id)
        else:
            _settle(self._outbox.pop(client_id)[1], RefusedError(f"{answer['code']}: {answer['detail']}"))


def _settle(future: "asyncio.Future[Frame]", outcome: Frame | RefusedError) -> None:
    if future.done():  # whoever posted waits no longer
        return
    if isinstance(outcome, RefusedError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _row(message: Frame) -> Row:
    return Row(message["seq"], message["id"], message["client_id"])
