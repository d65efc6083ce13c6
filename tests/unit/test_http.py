"""What HTTP clients may cost: a head, a body, time, answers that wait - all of it bounded."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from realtime_site.live import http
from realtime_site.live.http import HEAD_BYTES, HEAD_SECONDS, UNREAD_BYTES, Doorman, LiveHTTPFactory, LiveRequest


class Transport:
    def __init__(self, unread: int = 0) -> None:
        self.dataBuffer, self._tempDataLen = b"x" * unread, 0
        self.aborted = False
        self.protocol: Any = None

    def abortConnection(self) -> None:  # noqa: N802  Twisted's name
        self.aborted = True


class Protocol:
    def __init__(self) -> None:
        self.got = b""

    def makeConnection(self, transport: object) -> None: ...  # noqa: N802

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self.got += data


def doorman() -> tuple[Doorman, Any, Protocol]:
    protocol = Protocol()
    factory = SimpleNamespace(waiting=set(), protocol_for=lambda head, address: protocol)
    made = Doorman(cast(LiveHTTPFactory, factory), None)
    made.makeConnection(Transport())
    return made, factory, protocol


def test_a_connection_is_handed_on_once_its_head_is_there_and_nothing_is_lost() -> None:
    door, factory, protocol = doorman()
    for piece in (b"GET / HT", b"TP/1.1\r\nHost: x\r\n\r"):
        door.dataReceived(piece)
        assert (factory.waiting, protocol.got) == ({door}, b"")
    door.dataReceived(b"\nbody")
    assert (factory.waiting, protocol.got) == (set(), b"GET / HTTP/1.1\r\nHost: x\r\n\r\nbody")


def test_a_head_without_end_is_for_the_one_who_refuses_it() -> None:
    door, factory, protocol = doorman()
    door.dataReceived(b"x" * (HEAD_BYTES + 1))
    assert (factory.waiting, len(protocol.got)) == (set(), HEAD_BYTES + 1)


def test_who_does_not_say_what_it_wants_is_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    factory = LiveHTTPFactory(None)
    quick, slow = Doorman(factory, None), Doorman(factory, None)
    for door in (quick, slow):
        door.makeConnection(Transport())
    slow.since -= HEAD_SECONDS + 1
    factory.let_go_of_the_slow()
    assert [door.transport.aborted for door in (quick, slow)] == [False, True]


def request(transport: Transport) -> LiveRequest:
    made = LiveRequest.__new__(LiveRequest)
    made.channel = SimpleNamespace(transport=transport)
    made._began = http.monotonic()
    return made


def test_who_asks_on_and_does_not_read_is_let_go_of() -> None:
    transport = Transport(unread=UNREAD_BYTES + 1)
    request(transport).process()
    assert transport.aborted


def test_a_request_that_does_not_come_to_an_end_is_let_go_of() -> None:
    transport = Transport()
    slow = request(transport)
    slow._began -= http.REQUEST_SECONDS + 1
    slow.check_timeouts()
    assert transport.aborted
