"""Messages in rooms: sent in a closed loop or at a rate, until every member has every one.

The n-th message that a socket sees is taken for the n-th that was sent in its room. Where two senders' messages change
places on the way, their latencies do too, by less than what lay between them.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter, process_time

from benchmarks.load.engine import Engine
from benchmarks.load.websocket import Socket


@dataclass(frozen=True)
class Flow:
    """What went through."""

    messages: int
    deliveries: int
    seconds: float
    # CPU time of the load generator itself.
    load_seconds: float
    latencies_seconds: "array[float]"


class Room:
    """The members of one room, who send in turn."""

    def __init__(self, sockets: list[Socket], latencies: "array[float]") -> None:
        self.sockets = sockets
        self.sent = 0
        # Messages that every member has.
        self.completed = 0
        self.on_complete: Callable[[], None] = lambda: None
        self._sent_at: list[float] = []
        self._left: list[int] = []
        self._latencies = latencies
        for socket in sockets:
            socket.seen = 0
            socket.on_message = partial(self._saw, socket)

    def send(self) -> None:
        sender = self.sockets[self.sent % len(self.sockets)]
        self._sent_at.append(perf_counter())
        self._left.append(len(self.sockets))
        sender.send(sender.dialect.frame(sender.number, self.sent))
        self.sent += 1

    def _saw(self, socket: Socket, count: int, now: float) -> None:
        left, sent_at = self._left, self._sent_at
        for number in range(socket.seen - count, socket.seen):
            self._latencies.append(now - sent_at[number])
            left[number] -= 1
            if not left[number]:
                self.completed += 1
                self.on_complete()


def closed_loop(engine: Engine, rooms: list[list[Socket]], *, on_the_way: int, seconds: float) -> Flow:
    """For `seconds`, `on_the_way` messages at any time in each room: the next leaves when all members have one."""

    def start(room: Room, place: int, end: float) -> None:
        def next_one() -> None:
            if perf_counter() < end:
                room.send()

        room.on_complete = next_one
        for _ in range(on_the_way):
            room.send()

    return _flow(engine, rooms, start, seconds)


def open_loop(engine: Engine, rooms: list[list[Socket]], *, per_second: float, seconds: float) -> Flow:
    """For `seconds`, `per_second` messages in each room, whatever becomes of them; no two rooms at the same time."""

    def start(room: Room, place: int, end: float) -> None:
        began = perf_counter() + place / len(rooms) / per_second

        def send_due() -> None:
            now = perf_counter()
            if now < end:
                while room.sent <= (now - began) * per_second:
                    room.send()
                engine.after(room.sent / per_second - (now - began), send_due)

        engine.after(began - perf_counter(), send_due)

    return _flow(engine, rooms, start, seconds)


def _flow(
    engine: Engine, members: list[list[Socket]], start: Callable[[Room, int, float], None], seconds: float
) -> Flow:
    latencies = array("d")
    rooms = [Room(sockets, latencies) for sockets in members]
    began, used = perf_counter(), process_time()
    for place, room in enumerate(rooms):
        start(room, place, began + seconds)
    engine.run(lambda: perf_counter() >= began + seconds and all(room.completed == room.sent for room in rooms))
    return Flow(
        messages=sum(room.sent for room in rooms),
        deliveries=sum(room.sent * len(room.sockets) for room in rooms),
        seconds=perf_counter() - began,
        load_seconds=process_time() - used,
        latencies_seconds=latencies,
    )
