"""A worker goes, or stands still; people go on talking."""

import asyncio
import random
from collections.abc import Callable

import psycopg
import pytest

from realtime_site.chaos.link import Heartbeat, until
from tests.faults.conftest import PEOPLE, Broken
from tests.scale.conftest import BigSite

AIM_SECONDS = 5
# So that a standstill of seconds is longer than a heartbeat, which is 25 s for browsers.
QUICK = Heartbeat(every_seconds=2, patience_seconds=2)


async def test_a_worker_killed_with_kill_9(make_site: Callable[..., BigSite], broken: Broken) -> None:
    site = make_site(2, people=PEOPLE)
    async with broken(site, "worker: kill -9", aim_seconds=AIM_SECONDS) as talk:
        site.workers[1].kill()
    assert all(client.closed_with for client in talk.clients[1::2])
    assert not any(client.closed_with for client in talk.clients[0::2])


async def test_a_worker_that_stands_still_for_a_while(
    make_site: Callable[..., BigSite], broken: Broken, dice: random.Random
) -> None:
    site = make_site(2, people=PEOPLE)
    async with broken(site, "worker: SIGSTOP, SIGCONT", aim_seconds=AIM_SECONDS) as talk:
        before = len(talk.clients[1].acked)
        site.workers[1].suspend()
        await asyncio.sleep(dice.uniform(2, 4))
        assert len(talk.clients[1].acked) <= before + 1
        site.workers[1].resume()
    assert not any(client.closed_with for client in talk.clients)


async def test_a_worker_that_stands_still_for_longer_than_a_heartbeat(
    make_site: Callable[..., BigSite], broken: Broken
) -> None:
    site = make_site(2, people=PEOPLE)
    async with broken(site, "worker: SIGSTOP past the heartbeat", aim_seconds=AIM_SECONDS, heartbeat=QUICK) as talk:
        site.workers[1].suspend()
        await until(lambda: all(client.given_up for client in talk.clients[1::2]), "heartbeats to fail")
        await talk.recovery_seconds()  # all are with the other worker now
        site.workers[1].resume()
    assert not any(client.given_up for client in talk.clients[0::2])


@pytest.mark.long
async def test_a_worker_that_stands_still_in_the_middle_of_a_transaction(
    make_site: Callable[..., BigSite], broken: Broken, dice: random.Random
) -> None:
    """It holds the lock of its room, and everybody else waits for that."""
    site = make_site(2, people=PEOPLE)
    async with broken(site, "worker: SIGSTOP with a lock", aim_seconds=AIM_SECONDS, heartbeat=QUICK) as talk:
        while True:
            await asyncio.sleep(dice.uniform(0.05, 0.2))
            site.workers[1].suspend()
            await asyncio.sleep(0.2)
            if holds_a_lock(site):
                break
            site.workers[1].resume()
        await talk.recovery_seconds()
        site.workers[1].resume()


@pytest.mark.long
async def test_all_workers_replaced_one_after_the_other(make_site: Callable[..., BigSite], broken: Broken) -> None:
    site = make_site(2, people=PEOPLE, DRAIN_SECONDS="2")
    async with broken(site, "worker: SIGTERM to each in turn", aim_seconds=AIM_SECONDS) as talk:
        for worker in site.workers:
            worker.terminate()
            assert await asyncio.to_thread(worker.wait) == 0
            worker.launch()
            await asyncio.to_thread(worker.wait_until_ready)
    assert all(client.heard_of("goodbye") for client in talk.clients)


def holds_a_lock(site: BigSite) -> bool:
    """Whether a transaction waits for its client, who does not come."""
    with psycopg.connect(site.postgres.url) as connection:
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
            " AND state = 'idle in transaction' AND state_change < now() - interval '100 ms'"
        )
        return bool(connection.execute(query, [site.database]).fetchone() != (0,))
