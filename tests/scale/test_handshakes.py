"""What strangers may send before anybody knows who they are: each gets an answer, and the worker serves on."""

import socket
from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.processes import PATIENCE_SECONDS
from tests.scale.conftest import Site

UPGRADE = (
    b"GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n"
)
POST = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n"
CHUNK = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"


def answer(site: Site, *sent: bytes) -> bytes:
    """The beginning of what comes back."""
    with socket.create_connection(("127.0.0.1", site.workers[0].port), PATIENCE_SECONDS) as peer:
        with suppress(OSError):  # it may close before all is sent
            for part in sent:
                peer.sendall(part)
        return peer.recv(4096)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site(1, people=1)


def test_strangers_leave_no_traceback_behind(site: Site) -> None:
    asked = [
        (101, UPGRADE % (b"/ws/nowhere/", b"127.0.0.1", b"Sec-WebSocket-Protocol: a%41\r\n")),
        (403, UPGRADE % (b"/ws/", b"[", b"Origin: http://[\r\n")),
        (400, UPGRADE % (b"/ws/", b"127.0.0.1", b"Sec-WebSocket-Protocol: \xff\r\n")),
        (400, UPGRADE % (b"/ws/\xff", b"127.0.0.1", b"")),
        (101, UPGRADE % (b"/ws/nowhere/", b"127.0.0.1", "Cookie: n=Jörg\r\nReferer: http://x/é\r\n".encode())),
        (400, UPGRADE % (b"/ws/", b"127.0.0.1", b"A header without a colon\r\n")),
        (400, (UPGRADE % (b"/ws/", b"127.0.0.1", b"")).replace(b"Version: 13", b"Version: 8")),
        (200, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nDaphne-Root-Path: \xff\r\n\r\n"),
    ]
    for status, request in asked:
        assert answer(site, request).startswith(b"HTTP/1.1 %d " % status), request


def test_a_handshake_may_come_in_pieces_and_after_other_requests(site: Site) -> None:
    request = UPGRADE % (b"/ws/nowhere/", b"127.0.0.1", "Cookie: n=Jörg\r\n".encode())
    assert answer(site, request[:20], request[20:]).startswith(b"HTTP/1.1 101 ")
    with socket.create_connection(("127.0.0.1", site.workers[0].port), PATIENCE_SECONDS) as peer:
        peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert peer.recv(4096).startswith(b"HTTP/1.1 200 ")
        peer.sendall(request)
        assert peer.recv(4096).startswith(b"HTTP/1.1 101 ")
    assert site.workers[0].get("/readyz") == 200
    assert "Traceback" not in site.workers[0].log


def test_a_body_larger_than_any_form_is_cut_off(site: Site) -> None:
    """daphne would keep all of it before asking who sends it: an anonymous 300 MB took 300 MB."""
    assert answer(site, POST % b"Content-Length: 300000000\r\n").startswith(b"HTTP/1.1 413")
    assert answer(site, POST % b"Transfer-Encoding: chunked\r\n", *[CHUNK] * 12).startswith(b"HTTP/1.1 413")
    assert site.workers[0].get("/readyz") == 200
    assert "Traceback" not in site.workers[0].log
