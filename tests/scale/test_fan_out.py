"""Many messages to many people over two workers, while all is well and while Redis is not."""

import asyncio
from collections.abc import Callable

from realtime_site.chaos.link import until
from tests.scale.conftest import BigSite
from tests.scale.traffic import everybody_has, talk

MEMBERS = 40
EACH_SENDS = 500


async def test_forty_people_on_two_workers_get_each_of_a_thousand_messages_once_in_one_order(
    make_site: Callable[..., BigSite],
) -> None:
    site = make_site(2, people=MEMBERS)
    clients = await site.clients(MEMBERS)

    await asyncio.gather(talk(clients[0], site.room, EACH_SENDS), talk(clients[1], site.room, EACH_SENDS))
    await everybody_has(site, clients)

    assert not site.verdict(clients).anomalies
    assert len(site.stored()) == 1 + 2 * EACH_SENDS
    assert sum(client.rooms[site.room].ignored for client in clients) == 0
    assert sum(client.rooms[site.room].syncs for client in clients) == 0


async def test_the_same_holds_when_redis_forgets_everything_and_is_killed_meanwhile(
    make_site: Callable[..., BigSite],
) -> None:
    site = make_site(2, people=MEMBERS)
    clients = await site.clients(MEMBERS)

    talking = asyncio.gather(*(talk(client, site.room, EACH_SENDS, pace_seconds=0.005) for client in clients[:2]))
    await until(lambda: len(clients[0].acked) > 100, "a hundred acks")
    site.redis.cli("FLUSHALL")
    await until(lambda: len(clients[0].acked) > 200, "two hundred acks")
    site.redis.kill()
    await until(lambda: len(clients[0].acked) > 300, "acks without Redis")
    assert not talking.done()
    site.redis.restart()
    await talking
    await everybody_has(site, clients)

    assert not site.verdict(clients).anomalies
    assert len(site.stored()) == 1 + 2 * EACH_SENDS
    assert not any(client.closed_with or client.errors for client in clients)
