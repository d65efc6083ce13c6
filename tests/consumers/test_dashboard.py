"""`/ws/dashboard/`: who is let in, what they hear, and that they are let go of."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission

from realtime_site.accounts.models import User
from realtime_site.dashboard.board import board
from realtime_site.live.vitals import vitals
from tests.consumers.support import PATIENCE_SECONDS, Client, session_cookie
from tests.factories import make_admin, make_room, make_user

Connect = Callable[..., Awaitable[Client]]
PATH = "/ws/dashboard/"
FORBIDDEN = 4403


@pytest.fixture
async def watcher() -> User:
    """Staff with this right and no other, in a room."""

    def make() -> User:
        user = make_user("wendy", is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_dashboard"))
        make_room("general", user)
        return user

    return await sync_to_async(make)()


async def refused(user: User) -> int:
    client = Client(PATH, cookie=await sync_to_async(session_cookie)(user))
    await client.socket.connect(timeout=PATIENCE_SECONDS)
    return await client.close_code()


async def watch(client: Client, **view: Any) -> dict[str, Any]:
    """The page of rooms that comes for it."""
    assert (await client.command("dashboard.watch", **view))["type"] == "ok"
    return await client.event("rooms")


async def test_only_staff_with_the_right_is_let_in(connect: Connect, watcher: User) -> None:
    assert await refused(await sync_to_async(make_user)("bob")) == FORBIDDEN
    assert await refused(await sync_to_async(make_user)("sam", is_staff=True)) == FORBIDDEN
    await connect(watcher, PATH)
    await connect(await sync_to_async(make_admin)(), PATH)


async def test_everything_is_told_at_once(connect: Connect, watcher: User) -> None:
    chat = await connect(watcher, "/ws/chat/")
    await chat.send(chat.room("general")["id"], "hello")
    client = await connect(watcher, PATH)
    assert set(client.welcome) == {"type", "heartbeat_seconds", "time"}
    page = await watch(client)
    assert [(room["slug"], room["online"], room["reports"]) for room in page["rooms"]] == [("general", 1, 0)]
    assert {"workers", "totals", "proof", "anomalies"} <= {event["type"] for event in client.events}
    totals = await client.event("totals", lambda event: event["messages_per_minute"] >= 1)
    assert (totals["people"], totals["sockets"], totals["workers"]) == (1, 2, 1)
    (worker,) = (await client.event("workers"))["workers"] or (await client.event("workers"))["workers"]
    assert (worker["unheard_seconds"], worker["draining"]) == (0, False)
    await client.event("rooms", lambda event: event["rooms"][0]["rate"] >= 1)


async def test_each_hears_of_the_page_they_look_at(connect: Connect, watcher: User) -> None:
    await sync_to_async(make_room)("attic", watcher)
    one, other = await connect(watcher, PATH), await connect(watcher, PATH)
    page = await watch(one, sort="name", order="asc")
    assert [room["slug"] for room in page["rooms"]] == ["attic", "general"]
    page = await watch(other, query="GEN", sort="last", page=7)
    assert ([room["slug"] for room in page["rooms"]], page["page"], page["total"]) == (["general"], 1, 1)
    assert (await one.event("rooms"))["sort"] == "name"  # the next one, by the clock


async def test_all_who_look_at_the_same_page_are_told_of_it_again_and_again(connect: Connect, watcher: User) -> None:
    both = [await connect(watcher, PATH), await connect(watcher, PATH)]
    for client in both:
        await watch(client)
    chat = await connect(watcher, "/ws/chat/")
    await chat.send(chat.room("general")["id"], "hello")
    for client in both:
        await client.event("rooms", lambda event: event["rooms"][0]["rate"] == 1 and event["rooms"][0]["online"] == 1)


@pytest.mark.parametrize(
    "wrong", [{"page": 0}, {"page": 10**7}, {"sort": "password"}, {"order": "up"}, {"query": "x" * 61}, {"query": 5}]
)
async def test_what_cannot_be_asked_is_refused(connect: Connect, watcher: User, wrong: dict[str, Any]) -> None:
    client = await connect(watcher, PATH)
    assert (await client.command("dashboard.watch", **wrong))["code"] == "invalid"
    assert (await client.command("message.send", room=1, body="x", client_id="x"))["code"] == "unknown_type"


async def test_who_loses_the_right_is_let_go_of(connect: Connect, watcher: User) -> None:
    client = await connect(watcher, PATH)
    await watch(client)
    started = asyncio.get_running_loop().time()
    await sync_to_async(watcher.user_permissions.clear)()
    assert await client.close_code() == FORBIDDEN
    assert asyncio.get_running_loop().time() - started < 5


async def test_nothing_is_told_between_workers_while_nobody_looks(connect: Connect, watcher: User) -> None:
    client = await connect(watcher, PATH)
    assert not vitals().watched  # connected is not yet looking
    await watch(client)
    assert vitals().watched
    await client.close()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while board()._views:
            await asyncio.sleep(0.02)
    assert not board()._somebody.is_set()
