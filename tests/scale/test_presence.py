"""Who is online, as two workers see it."""

from collections.abc import Callable

from realtime_site.chaos.client import Client
from realtime_site.chaos.link import until
from realtime_site.live.presence import FORGET_SECONDS
from tests.processes import PATIENCE_SECONDS
from tests.scale.conftest import Site
from tests.scale.hasty import TIMES

# The lease, and the patience that waiting has elsewhere: what comes after it is a tick.
FORGOTTEN_SECONDS = FORGET_SECONDS / TIMES + PATIENCE_SECONDS


async def test_people_on_both_workers_are_counted_on_both(make_site: Callable[..., Site]) -> None:
    site = make_site(2, people=4)
    clients = await site.clients(4)
    for client in clients:
        await sees(client, site, online=4)

    await clients[3].stop()

    for client in clients[:3]:
        await sees(client, site, online=3)
    await until(lambda: site.ids[3] in went(clients[0], site), "the news that somebody went")
    assert (await clients[0].command("room.members", room=site.room))["online"] == 3


async def test_who_leaves_a_room_is_no_longer_online_there_and_who_joins_is(make_site: Callable[..., Site]) -> None:
    site = make_site(2, people=3)
    clients = await site.clients(3)
    for client in clients:
        await sees(client, site, online=3)

    await clients[1].command("room.leave", room=site.room)
    await sees(clients[0], site, online=2)

    await clients[1].command("room.join", room=site.room)
    await sees(clients[0], site, online=3)
    await sees(clients[2], site, online=3)


async def test_the_people_of_a_killed_worker_are_forgotten_after_a_lease_and_known_when_they_return(
    make_site: Callable[..., Site],
) -> None:
    """Of a minute in all, which tests/unit/test_presence.py counts; these workers' lease is a fifth as long."""
    site = make_site(2, people=2, program="tests.scale.hasty")
    clients = [await site.client(0), await site.client(1, anywhere=False)]
    await sees(clients[0], site, online=2)

    site.workers[1].kill()
    await sees(clients[0], site, online=1, seconds=FORGOTTEN_SECONDS)

    site.workers[1].launch()
    await sees(clients[0], site, online=2)


async def sees(client: Client, site: Site, *, online: int, seconds: float = 30) -> None:
    """The number the client was told last is, or becomes, this one."""

    def told() -> int | None:
        counts = [event["online"] for event in client.heard_of("presence") if event["room"] == site.room]
        return counts[-1] if counts else None

    await until(lambda: told() == online, f"{online} online; told: {client.heard_of('presence')}", seconds=seconds)


def went(client: Client, site: Site) -> set[int]:
    return {person["id"] for event in client.heard_of("presence") for person in event["went"]}
