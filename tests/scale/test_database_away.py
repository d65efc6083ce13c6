"""PostgreSQL is killed: an explicit, retryable error, never a silent ack; and all is well when it is back."""

import asyncio
from collections.abc import Callable

from realtime_site.chaos.link import Frame, until
from tests.scale.conftest import BigSite
from tests.scale.traffic import everybody_has

# People look at a spinner for as long, and a load balancer gives a check about that much.
REFUSED_SECONDS = 10
RECOVERY_SECONDS = 5


async def test_what_is_sent_while_the_database_is_away_is_refused_and_stored_once_when_tried_again(
    make_site: Callable[..., BigSite],
) -> None:
    site = make_site(2, people=4)
    clients = await site.clients(4)
    sender, worker = clients[0], site.workers[0]
    await sender.post(site.room, "before")

    site.postgres.kill()
    posted = [sender.post(site.room, f"meanwhile {number}") for number in range(3)]
    await until(lambda: len(sender.errors) >= 3, "a refusal of each")
    assert {error["code"] for error in sender.errors} == {"unavailable"}
    assert all(error["retry_after"] > 0 for error in sender.errors)
    assert not any(message.done() for message in posted)
    assert await asyncio.to_thread(worker.get, "/readyz") == 503
    assert await asyncio.to_thread(worker.get, "/healthz") == 200

    site.postgres.restart()
    await asyncio.gather(*posted)
    await asyncio.to_thread(worker.wait_until_ready)
    await everybody_has(site, clients)

    assert len(site.stored()) == 1 + 1 + 3
    assert not site.verdict(clients[1:]).anomalies
    assert not any(client.closed_with for client in clients)


async def test_while_it_is_away_many_are_refused_soon_and_when_it_is_back_they_are_served_soon(
    make_site: Callable[..., BigSite],
) -> None:
    site = make_site(1, people=40)
    clients = await site.clients(40)

    async def ask() -> list[Frame]:
        return await asyncio.gather(*(client.command("room.history", room=site.room) for client in clients))

    site.postgres.kill()
    async with asyncio.timeout(REFUSED_SECONDS):
        refusals = await ask()
    assert {refusal.get("code") for refusal in refusals} == {"unavailable"}
    async with asyncio.timeout(REFUSED_SECONDS):
        assert await asyncio.to_thread(site.workers[0].get, "/readyz") == 503
    await until(lambda: site.workers[0].log.count("error connecting") > 5, "attempts to reconnect")

    site.postgres.restart()
    async with asyncio.timeout(RECOVERY_SECONDS):
        while {answer["type"] for answer in await ask()} != {"ok"}:
            await asyncio.sleep(0.1)
