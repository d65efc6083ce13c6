"""A worker goes, politely or not; people go on talking."""

import asyncio
import socket
from collections.abc import Callable

from realtime_site.chaos.link import until
from tests.processes import PATIENCE_SECONDS, accepts
from tests.scale.conftest import Site
from tests.scale.traffic import everybody_has, talk

DRAINING = 4503
MEMBERS = 20


async def test_a_worker_killed_in_the_middle_costs_nobody_a_message(make_site: Callable[..., Site]) -> None:
    site = make_site(2, people=MEMBERS)
    clients = await site.clients(MEMBERS)

    talking = asyncio.gather(*(talk(client, site.room, 300, pace_seconds=0.005) for client in clients[:4]))
    await until(lambda: len(clients[1].acked) > 50, "fifty acks")
    site.workers[1].kill()
    assert not talking.done()
    await talking
    await everybody_has(site, clients)

    assert not site.verdict(clients).anomalies
    assert len(site.stored()) == 1 + 4 * 300
    assert all(client.closed_with for client in clients[1::2])
    assert not any(client.closed_with for client in clients[0::2])


async def test_a_worker_told_to_stop_lets_go_of_everybody_politely(make_site: Callable[..., Site]) -> None:
    site = make_site(2, people=6, DRAIN_SECONDS="2")
    leaving, staying = site.workers
    movers = [await site.client(number) for number in (0, 2)]
    sitters = [await site.client(number, moves=False) for number in (4,)]
    others = [await site.client(number) for number in (1, 3, 5)]

    in_flight = [
        client.post(site.room, f"in flight {number}") for client in (*movers, *sitters) for number in range(20)
    ]
    leaving.terminate()
    await asyncio.gather(*in_flight)
    assert await asyncio.to_thread(leaving.wait) == 0
    await until(lambda: all(client.is_connected for client in (*movers, *sitters)), "reconnects")
    await everybody_has(site, [*movers, *sitters, *others])

    assert not site.verdict([*movers, *sitters, *others]).anomalies
    assert [len(client.heard_of("goodbye")) for client in (*movers, *sitters)] == [1, 1, 1]
    assert [client.closed_with for client in sitters] == [[DRAINING]]
    assert [client.sent_again for client in sitters] == [0]
    assert DRAINING not in [code for client in movers for code in client.closed_with]
    assert not any(client.closed_with or client.heard_of("goodbye") for client in others)
    assert staying.is_running


def test_whom_the_kernel_has_let_in_before_the_end_is_answered(make_site: Callable[..., Site]) -> None:
    """A proxy asks no other worker once it has sent a POST: a connection reset then is an error that somebody sees."""
    site = make_site(1, people=1)
    worker = site.workers[0]
    worker.suspend()
    # More than Twisted accepts in two rounds of its loop.
    peers = [socket.create_connection(("127.0.0.1", worker.port), PATIENCE_SECONDS) for _ in range(400)]
    for peer in peers:
        peer.sendall(b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n")
    worker.terminate()
    worker.resume()

    assert {_first_bytes(peer) for peer in peers} == {b"HTTP/1.1 403"}
    assert worker.wait() == 0


async def test_a_worker_told_to_stop_lets_nobody_new_in(make_site: Callable[..., Site]) -> None:
    """Whoever is refused goes to another worker at once; whoever is let in and not served waits for nothing."""
    site = make_site(1, people=1, DRAIN_SECONDS="30")
    worker = site.workers[0]
    sitter = await site.client(0, moves=False)
    worker.terminate()
    await until(lambda: bool(sitter.heard_of("goodbye")), "a goodbye")
    await until(lambda: not accepts(worker.port), "a refusal")
    assert sitter.is_connected
    assert (await sitter.post(site.room, "still here"))["body"] == "still here"


def _first_bytes(peer: socket.socket) -> bytes:
    with peer:
        try:
            return peer.recv(12)
        except ConnectionError:
            return b"reset"
