"""The way between a client and its worker breaks, or a client stops listening."""

import asyncio
from collections.abc import Callable

import psutil
import pytest

from realtime_site.chaos.link import Heartbeat, until
from tests.faults.conftest import PEOPLE, Broken
from tests.faults.relay import Relay
from tests.scale.conftest import BigSite
from tests.servers import Worker

AIM_SECONDS = 30  # of whatever lies between a client and a worker
TOO_SLOW = 4508
# realtime_site/live/server.py: a ping every 20 s, 30 s for the pong, looked at every few seconds.
NOTICED_SECONDS = 20 + 30 + 15
MESSAGES, CHARACTERS = 600, 8_000  # with their HTML 10 MB: more than kernels and the worker keep for a reader


async def test_all_sockets_cut_at_once(make_site: Callable[..., BigSite], broken: Broken) -> None:
    site = make_site(2, people=40)
    clients = await site.clients(40)
    async with broken(site, "sockets: 40 cut at once", aim_seconds=AIM_SECONDS, clients=clients):
        for client in clients:
            client.cut()
    assert all(client.closed_with for client in clients)


@pytest.mark.long
async def test_a_peer_whose_packets_vanish(make_site: Callable[..., BigSite], broken: Broken) -> None:
    """Neither end is told. The client gives up by its heartbeat, the worker by its ping."""
    site = make_site(2, people=PEOPLE)
    worker = site.workers[1]
    async with Relay(worker.url) as relay:
        quick = Heartbeat(every_seconds=2, patience_seconds=2)
        lost = [
            await site.client_at(number, [relay.url, site.workers[0].url], heartbeat=quick) for number in range(1, 3)
        ]
        clients = [*lost, *[await site.client(number) for number in (0, 3, 4, 5)]]
        assert connections(worker) == 4
        async with broken(site, "sockets: half-open", aim_seconds=AIM_SECONDS, clients=clients):
            relay.lose_everything()
        assert all(client.given_up for client in lost)
        await until(lambda: connections(worker) == 2, "the worker to notice", seconds=NOTICED_SECONDS)


@pytest.mark.long
async def test_a_reader_who_stops_reading_and_goes_on_later(make_site: Callable[..., BigSite], broken: Broken) -> None:
    site = make_site(2, people=PEOPLE)
    clients = await site.clients(PEOPLE)
    slow, author = clients[1], clients[2]
    async with broken(site, "sockets: a slow reader", aim_seconds=AIM_SECONDS, clients=clients) as talk:
        slow.pause_reading(receive_buffer_bytes=4096)
        for start in range(0, MESSAGES, 20):
            bodies = [f"{number} ".ljust(CHARACTERS, "x") for number in range(start, start + 20)]
            await asyncio.gather(*(author.post(site.room, body) for body in bodies))
        others = [client for client in clients if client is not slow]
        await until(lambda: all(client.rooms[site.room].last > MESSAGES for client in others), "all of it elsewhere")
        assert slow.rooms[site.room].last < MESSAGES
        slow.resume_reading()
    assert slow.closed_with
    assert slow.closed_with[0] in {TOO_SLOW, 1006}
    assert not any(client.closed_with for client in talk.clients if client is not slow)


def connections(worker: Worker) -> int:
    """TCP connections that the worker takes for alive."""
    found = psutil.Process(worker.pid).net_connections("tcp")
    return sum(one.laddr.port == worker.port and one.status == psutil.CONN_ESTABLISHED for one in found)
