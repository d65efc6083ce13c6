"""What the benchmarks count and compute is right: a wrong figure would be believed."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter

import pytest

from benchmarks.__main__ import NAMES
from benchmarks.core import figures, results
from benchmarks.core.aims import Aim
from benchmarks.core.statements import ASKED
from benchmarks.load.dialect import Dialect, Opening, exchange, until
from benchmarks.load.engine import Engine
from benchmarks.load.traffic import closed_loop, open_loop
from benchmarks.load.websocket import Socket

MARKER = b'{"message"'


def greeted(number: int) -> Opening:
    yield from until(b"hello")
    yield from exchange("let me in", b"welcome")


class Link:
    """A client of the load generator, and the server's end of its connection in the test's hands."""

    def __init__(self, dialect: Dialect) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.engine = Engine()
        dialect = replace(dialect, ports=(self._listener.getsockname()[1],))
        self.client = Socket(self.engine, dialect, 0)
        self.server, _ = self._listener.accept()
        self.server.settimeout(30)
        self._sent = 0

    def upgrade(self) -> None:
        self.turn(lambda: self.client.sent_bytes > 0)
        self.server.recv(65_536)
        self.say(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")

    def say(self, data: bytes) -> None:
        """Sends it and waits until the client has read it."""
        self.server.sendall(data)
        self._sent += len(data)
        self.turn(lambda: self.client.received_bytes == self._sent)

    def turn(self, done: Callable[[], bool]) -> None:
        self.engine.run(done, 30)

    def close(self) -> None:
        self.engine.close()
        self.server.close()
        self._listener.close()


@pytest.fixture
def link() -> Iterator[Callable[[Dialect], Link]]:
    made = []

    def make(dialect: Dialect) -> Link:
        made.append(Link(dialect))
        return made[-1]

    yield make
    for one in made:
        one.close()


DIALECT = Dialect(ports=(), path=lambda number: "/", frame=lambda sender, number: "said", marker=MARKER)


def frame(payload: bytes, head: int = 0x81) -> bytes:
    size = len(payload)
    return bytes((head, size)) + payload if size < 126 else bytes((head, 126)) + size.to_bytes(2, "big") + payload


def test_a_message_is_counted_once_wherever_its_frames_are_cut(link: Callable[[Dialect], Link]) -> None:
    one = link(DIALECT)
    one.upgrade()
    data = frame(b'{"message": "short"}') + frame(b'{"type": "typing"}') + frame(b'{"message": "%s"}' % (b"x" * 300))
    for byte in data:
        one.say(bytes((byte,)))
    assert one.client.seen == 2
    one.say(data * 3)
    assert one.client.seen == 8


def test_a_marker_that_is_cut_in_a_stream_is_counted_once(link: Callable[[Dialect], Link]) -> None:
    one = link(replace(DIALECT, framed=False, marker=b"<body>"))
    one.turn(lambda: one.client.ready)
    for piece in (b"<message><bo", b"dy>hello</body></message><message><body>", b"again</body></message>"):
        one.say(piece)
    assert one.client.seen == 2


def test_a_ping_is_answered(link: Callable[[Dialect], Link]) -> None:
    one = link(DIALECT)
    one.upgrade()
    one.say(frame(b"beat", head=0x89))
    assert one.server.recv(100) == b"\x8a\x84\0\0\0\0beat"


def test_a_socket_takes_part_when_it_has_been_let_in(link: Callable[[Dialect], Link]) -> None:
    one = link(replace(DIALECT, opening=greeted))
    one.upgrade()
    assert not one.client.ready
    one.say(frame(b"hello"))
    assert one.server.recv(100).endswith(b"let me in")
    one.say(frame(b"something else"))
    assert not one.client.ready
    one.say(frame(b"welcome"))
    assert one.client.ready


def test_a_refused_handshake_tells_why(link: Callable[[Dialect], Link]) -> None:
    one = link(DIALECT)
    told: list[str] = []
    one.client.on_lost = told.append
    one.turn(lambda: one.client.sent_bytes > 0)
    one.say(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    assert told == ["HTTP/1.1 403 Forbidden"]


class Room:
    """Members whose server is this object: each gets each message a little later than the one before."""

    def __init__(self, size: int, late_seconds: float) -> None:
        self.engine = Engine()
        self.late_seconds = late_seconds
        self.most_on_the_way = self.on_the_way = 0
        self.sockets = [Member(self, number) for number in range(size)]

    def said(self) -> None:
        self.on_the_way += 1
        self.most_on_the_way = max(self.most_on_the_way, self.on_the_way)
        for member in self.sockets:
            self.engine.after(self.late_seconds * (1 + member.number), member.hear)


class Member:
    dialect = DIALECT

    def __init__(self, room: Room, number: int) -> None:
        self.room, self.number, self.seen = room, number, 0
        self.on_message: Callable[[int, float], None] = lambda count, now: None

    def send(self, text: str) -> None:
        self.room.said()

    def hear(self) -> None:
        self.seen += 1
        if self is self.room.sockets[-1]:
            self.room.on_the_way -= 1
        self.on_message(1, perf_counter())


@pytest.mark.parametrize("on_the_way", [1, 3])
def test_a_closed_loop_keeps_so_many_messages_on_their_way(on_the_way: int) -> None:
    room = Room(4, late_seconds=0.002)
    flow = closed_loop(room.engine, [room.sockets], on_the_way=on_the_way, seconds=0.1)  # type: ignore[list-item]
    assert room.most_on_the_way == on_the_way
    assert flow.messages > on_the_way
    assert flow.deliveries == 4 * flow.messages == len(flow.latencies_seconds)
    assert min(flow.latencies_seconds) >= 0.002


def test_an_open_loop_sends_at_its_rate_whatever_comes_back() -> None:
    room = Room(2, late_seconds=0.05)
    flow = open_loop(room.engine, [room.sockets], per_second=200, seconds=0.25)  # type: ignore[list-item]
    assert 45 <= flow.messages <= 51


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(1, 101)]
    assert figures.percentile(reversed(values), 0.5) == 50
    assert figures.percentile(values, 0.99) == 99
    assert figures.percentile([1.0, 2.0, 3.0], 0.5) == 2
    assert figures.percentile([7.0], 0.99) == 7
    with pytest.raises(ValueError, match="no values"):
        figures.percentile([], 0.5)


def test_each_figure_has_its_own_median() -> None:
    runs = [{"a": 1.0, "b": 30.0}, {"a": 3.0, "b": 10.0}, {"a": 2.0, "b": 20.0}]
    assert figures.medians(runs) == {"a": 2.0, "b": 20.0}


@pytest.mark.parametrize(
    ("value", "text"), [(0.0123, "0.012"), (0.5, "0.50"), (12.34, "12.3"), (1234.5, "1,234"), (0, "0"), (3.0, "3")]
)
def test_numbers_have_the_digits_that_say_something(value: float, text: str) -> None:
    assert figures.number(value) == text


def test_an_aim_knows_whether_it_is_reached() -> None:
    assert [Aim("", value, at_most=2).reached for value in (1.9, 2.0, 2.1)] == [True, True, False]
    assert [Aim("", value, at_least=2).reached for value in (1.9, 2.0, 2.1)] == [False, True, True]


def test_statements_are_counted_and_transactions_are_not() -> None:
    lines = [
        "confab_1 LOG:  statement: SELECT 1",
        'confab_1 LOG:  execute _pg3_0: INSERT INTO "x"',
        "confab_1 LOG:  statement: BEGIN",
        "confab_1 LOG:  execute <unnamed>: COMMIT",
        "confab_1 DETAIL:  parameters: $1 = '1'",
        "\tFROM x",
    ]
    assert [bool(ASKED.match(line)) for line in lines] == [True, True, False, False, False, False]


def test_the_report_is_what_the_stored_results_say() -> None:
    """Nobody writes into RESULTS.md; `bin/bench --report` makes it again."""
    assert results.REPORT.read_text() == results.report(NAMES)
