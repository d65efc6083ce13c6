"""What peers may do to a worker's sockets, on the wire: each gets the right close code, and nobody else notices."""

import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.processes import wait_until
from tests.scale.conftest import Site
from tests.scale.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, RawPeer, frame

TOO_BIG, NOT_FOUND, FLOODING = 4413, 4404, 4429
PROTOCOL_ERROR, NOT_UTF8 = 1002, 1007
FRAME_BYTES = 64 * 1024
MIB = 1024 * 1024
# What a worker may grow by: 32 answers in flight, the 1 MiB that waits, the allocator's slack. All that is sent, as
# commands that wait to be answered, would be several times that.
GROWTH_BYTES = 48 * MIB


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site(1, people=3)


def peer(site: Site, number: int = 0, **options: Any) -> RawPeer:
    """Connected, with `welcome` read."""
    raw = RawPeer(site.workers[0].url, site.tokens[number], **options)
    assert raw.ask("ping")["type"] == "pong"
    return raw


def test_a_frame_is_refused_by_its_fault_and_others_go_on(site: Site) -> None:
    faults = {
        "too big": (frame(TEXT, b"x" * (FRAME_BYTES + 1)), TOO_BIG),
        "too big in parts": (frame(TEXT, b"x" * FRAME_BYTES, final=False) + frame(CONTINUATION, b"x"), TOO_BIG),
        "announced as endless": (bytes((0x80 | TEXT, 0xFF)) + (2**62).to_bytes(8, "big") + bytes(4), TOO_BIG),
        "not UTF-8": (frame(TEXT, b"\xff\xfe"), NOT_UTF8),
        "a reserved opcode": (frame(0x3, b""), PROTOCOL_ERROR),
        "a reserved bit": (frame(TEXT, b"{}", reserved=4), PROTOCOL_ERROR),
        "not masked": (frame(TEXT, b"{}", masked=False), PROTOCOL_ERROR),
        "a continuation of nothing": (frame(CONTINUATION, b"{}"), PROTOCOL_ERROR),
        "a ping in parts": (frame(PING, b"", final=False), PROTOCOL_ERROR),
    }
    with peer(site, 1) as other:
        for fault, (sent, code) in faults.items():
            with peer(site) as raw:
                raw.socket.sendall(sent)
                assert raw.close_code() == code, fault
            assert other.ask("ping")["type"] == "pong", fault


def test_a_frame_that_is_no_command_is_answered_and_the_socket_lives(site: Site) -> None:
    with peer(site) as raw:
        raw.send(BINARY, b"\x00\x01")
        answers = (json.loads(one.payload) for one in raw.frames() if one.opcode == TEXT)
        assert next(answer for answer in answers if answer["type"] == "error")["code"] == "bad_frame"
        raw.send(PING, b"still there?")
        assert next(one for one in raw.frames() if one.opcode == PONG).payload == b"still there?"
        assert raw.ask("ping")["type"] == "pong"


def test_an_address_nobody_serves_closes_with_4404_and_pages_are_served_all_the_same(site: Site) -> None:
    for path in ("/ws/nowhere/", "/", "/ws/rooms/no-such-room/"):
        with RawPeer(site.workers[0].url, site.tokens[0], path=path) as raw:
            assert (raw.status, raw.close_code()) == (101, NOT_FOUND), path

    assert site.workers[0].get("/healthz") == 200
    assert site.workers[0].get("/no-such-page") == 404


def test_a_flooder_who_does_not_read_is_not_read_from_and_others_get_answers(site: Site) -> None:
    fill(site, messages=100, characters=1_000)
    before = memory(site)
    history = json.dumps({"type": "room.history", "id": 1, "room": site.room, "limit": 100}).encode()

    with peer(site, 1) as other, peer(site, receive_buffer=4096) as flooder:
        flooder.socket.setblocking(False)
        sent = pour(flooder, frame(TEXT, history) * 100, limit_bytes=64 * MIB)
        assert sent < 64 * MIB
        slowest = max(timed(lambda: other.ask("ping")) for _ in range(50))

    assert slowest < 2, "a ping of somebody else"
    assert memory(site) - before < GROWTH_BYTES


def test_who_reads_too_slowly_is_let_go_of_and_the_others_hear_everything(site: Site) -> None:
    count = 800
    with peer(site, 1, receive_buffer=4096) as slow, peer(site, 2) as fast, ThreadPoolExecutor(1) as author:
        filling = author.submit(fill, site, messages=count, characters=8_000)
        heard = (json.loads(one.payload) for one in fast.frames() if one.opcode == TEXT)
        assert [event["seq"] for event in islice(messages(heard), count)] == list(range(2, count + 2))
        filling.result()

        left_over = sum(len(one.payload) for one in slow.frames())
        assert left_over < count * 16_000 / 2
    wait_until(lambda: sockets(site) == 0, "the worker to have closed all sockets")


def test_fifty_who_read_nothing_cost_a_mebibyte_each_at_most(make_site: Callable[..., Site]) -> None:
    """All that is said to them would be 300 MiB."""
    silent = 50
    site = make_site(1, people=silent + 2)
    with ExitStack() as peers:
        for number in range(2, silent + 2):
            peers.enter_context(peer(site, number, receive_buffer=4096))
        before = memory(site)
        fill(site, messages=400, characters=8_000)
        grown = peak_memory(site) - before
        with peer(site, 1) as other:
            assert other.ask("ping")["type"] == "pong"
    assert grown < silent * MIB + GROWTH_BYTES, f"{silent} silent readers: {grown / MIB:.0f} MiB"


def test_a_flooder_who_heeds_no_limit_is_closed_and_others_do_not_wait(make_site: Callable[..., Site]) -> None:
    site = make_site(1, people=2, RATE_LIMITS="on")
    post = {"type": "message.send", "id": 1, "room": site.room, "body": "again"}
    posts = [{**post, "client_id": f"00000000-0000-4000-8000-{number:012}"} for number in range(1_000)]
    flood = b"".join(frame(TEXT, json.dumps(one).encode()) for one in posts)
    with peer(site, 1) as other, peer(site) as flooder:
        flooder.socket.sendall(flood)
        heard = list(flooder.frames())
        slowest = max(timed(lambda: other.ask("ping")) for _ in range(20))
    answers = [json.loads(one.payload) for one in heard if one.opcode == TEXT]
    assert 0 < sum(answer["type"] == "ok" for answer in answers) < 200  # its burst, and what came back meanwhile
    assert (heard[-1].opcode, int.from_bytes(heard[-1].payload, "big")) == (CLOSE, FLOODING)
    assert slowest < 2, "a ping of somebody else"


def fill(site: Site, *, messages: int, characters: int) -> None:
    """Posts, and waits for each ack."""
    with peer(site) as author:
        for number in range(messages):
            body = f"{number} ".ljust(characters, "x")
            client_id = f"00000000-0000-4000-8000-{number:012}"
            assert author.ask("message.send", room=site.room, client_id=client_id, body=body)["type"] == "ok"


def messages(heard: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (event for event in heard if event["type"] == "message")


def pour(raw: RawPeer, data: bytes, *, limit_bytes: int) -> int:
    """Sends again and again until nothing more is taken for two seconds. How much was taken."""
    sent, taken_at = 0, time.monotonic()
    while sent < limit_bytes and time.monotonic() - taken_at < 2:
        try:
            sent += raw.socket.send(data[sent % len(data) :])
            taken_at = time.monotonic()
        except BlockingIOError:
            time.sleep(0.01)
        except ConnectionError:
            break
    return sent


def timed(call: Callable[[], object]) -> float:
    started = time.monotonic()
    call()
    return time.monotonic() - started


def memory(site: Site) -> int:
    return int(psutil.Process(site.workers[0].pid).memory_info().rss)


def peak_memory(site: Site) -> int:
    """The most it ever had (proc(5), VmHWM)."""
    status = Path(f"/proc/{site.workers[0].pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def sockets(site: Site) -> int:
    """Connections that people have to the worker."""
    worker = site.workers[0]
    return sum(
        one.laddr.port == worker.port and one.status == psutil.CONN_ESTABLISHED
        for one in psutil.Process(worker.pid).net_connections("tcp")
        if one.family == socket.AF_INET
    )
