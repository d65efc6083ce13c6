"""What sockets do is counted, and their coming and going is in the log; what they say is not."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from realtime_site import logs
from realtime_site.live.closing import Close
from realtime_site.live.hub import hub
from realtime_site.live.meters import Meters, meters
from realtime_site.live.outlets import SLOW_BYTES, QueueOutlet
from tests.consumers.support import Client
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "hunter2"


@pytest.fixture(autouse=True)
def _from_nothing() -> None:
    fresh = Meters()
    for name in Meters.__slots__:
        setattr(meters, name, getattr(fresh, name))


@pytest.fixture
def access() -> Iterator[io.StringIO]:
    import realtime_site.asgi  # noqa: F401  it sets logging up, which would undo what follows

    kept, logger = io.StringIO(), logging.getLogger("realtime_site.live.access")
    handler = logging.StreamHandler(kept)
    handler.setFormatter(logs.json_formatter())
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel("INFO")
    yield kept
    logger.removeHandler(handler)
    logger.setLevel(before)


async def test_what_two_people_do_is_counted(access: io.StringIO) -> None:
    alice, bob = await sync_to_async(make_user)("alice"), await sync_to_async(make_user)("bob")
    room = await sync_to_async(make_room)("general", alice, bob)
    one, two = await Client.open(alice), await Client.open(bob)
    assert (meters.handshakes, meters.handshakes_refused) == (2, 0)

    before = meters.messages
    await one.send(room.pk, SECRET)
    await two.event("message", lambda frame: frame["message"]["body"] == SECRET)
    assert (meters.frames, meters.commands) == (1, 1)
    assert meters.messages == before + 1
    assert meters.deliveries >= 2

    assert (await one.send(room.pk + 1, "x"))["type"] == "error"
    assert meters.refused.total() == 1
    assert meters.commands == 2
    await one.socket.send_to(text_data=SECRET)
    assert (await one.receive())["type"] == "error"
    assert (meters.frames, meters.commands) == (3, 2)

    await one.close()
    await two.close()
    await hub().stop()
    lines = [json.loads(line) for line in access.getvalue().splitlines()]
    opened = [line for line in lines if line["event"] == "socket opened"]
    closed = [line for line in lines if line["event"] == "socket closed"]
    assert [(line["user"], line["path"]) for line in opened] == [(alice.pk, "/ws/"), (bob.pk, "/ws/")]
    assert {line["connection"] for line in opened} == {line["connection"] for line in closed}
    assert len({line["connection"] for line in opened}) == 2
    assert all(line["seconds"] >= 0 and line["code"] for line in closed)
    assert SECRET not in access.getvalue()


async def test_who_is_not_let_in_is_counted_and_told_with_the_code(access: io.StringIO) -> None:
    stranger = Client(cookie=f"sessionid={SECRET}")
    await stranger.socket.connect(timeout=30)
    assert await stranger.close_code() == Close.LOGGED_OUT
    await stranger.close()
    assert (meters.handshakes, meters.handshakes_refused) == (0, 1)
    (line,) = (json.loads(line) for line in access.getvalue().splitlines())
    assert (line["event"], line["code"]) == ("socket closed", Close.LOGGED_OUT)
    assert SECRET not in access.getvalue()
    await hub().stop()


async def test_a_reader_that_does_not_read_is_counted_once() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    outlet = QueueOutlet(send)
    text = "x" * (SLOW_BYTES // 2 + 1)
    for _ in range(5):
        outlet.send(text)
    assert outlet.unsent_bytes() > SLOW_BYTES
    assert meters.slow_closed == 1
    await outlet.drained()
    assert sent[-1]["code"] == Close.TOO_SLOW
