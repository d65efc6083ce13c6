"""PostgreSQL is killed: an explicit, retryable error, never a silent ack; and all is well when it is back."""

import asyncio
from collections.abc import Callable

from tests.scale.checker import check
from tests.scale.conftest import Site
from tests.scale.link import until
from tests.scale.traffic import everybody_has


async def test_what_is_sent_while_the_database_is_away_is_refused_and_stored_once_when_tried_again(
    make_site: Callable[..., Site],
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
    check(site.stored(), clients[1:], site.room)
    assert not any(client.closed_with for client in clients)
