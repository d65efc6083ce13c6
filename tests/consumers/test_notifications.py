"""The commands and events of an inbox, through the whole application."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from notifications import activity as activity_module
from notifications.api import notify
from notifications.models import Inbox, Notification
from realtime_site.accounts.models import User
from realtime_site.live.database import in_database
from tests.consumers.support import Client
from tests.factories import make_user

Connect = Callable[..., Awaitable[Client]]
BOTH = ["/ws/", "/ws/notifications/"]


@pytest.fixture
async def alice(transactional_db: None) -> User:
    return await sync_to_async(make_user)("alice")


async def tell(user: User, title: str = "Hello", **fields: Any) -> Notification:
    """As the site does, from a database thread of the worker."""
    await in_database(lambda: notify(user, "announcement", title=title, **fields))
    return await Notification.objects.filter(user=user).alatest("pk")


@pytest.mark.parametrize("path", BOTH)
async def test_a_notification_reaches_all_sockets_of_its_person(connect: Connect, alice: User, path: str) -> None:
    one, two = await connect(alice, path), await connect(alice, path)
    assert one.welcome["notifications"] == {"seq": 0, "unread": 0, "levels": {}, "push_key": None}
    row = await tell(alice, body="World", url="/somewhere/")
    listed = await one.command("notification.list")
    for client in (one, two):
        event = await client.event("notification")
        assert (event["seq"], event["alert"]) == (1, True)
        assert event["notification"] == listed["notifications"][0]
        assert event["notification"]["id"] == row.pk
    assert (listed["unread"], listed["seq"], listed["more"]) == (1, 1, False)


async def test_others_hear_nothing_of_it(connect: Connect, alice: User) -> None:
    bob = await sync_to_async(make_user)("bob")
    hers, his = await connect(alice), await connect(bob)
    await tell(alice)
    await hers.event("notification")
    await tell(bob)
    event = await his.event("notification")
    assert event["seq"] == 1
    assert [one["title"] for one in (await his.command("notification.list"))["notifications"]] == ["Hello"]


async def test_reading_keeps_the_badge_in_step(connect: Connect, alice: User) -> None:
    one, two = await connect(alice), await connect(alice, "/ws/notifications/")
    rows = [await tell(alice, title) for title in ("a", "b", "c")]
    reply = await one.command("notification.read", ids=[rows[0].pk])
    assert reply["unread"] == 2
    for client in (one, two):
        event = await client.event("notification.read")
        assert event == {"type": "notification.read", "seq": 4, "read": True, "unread": 2, "ids": [rows[0].pk]}
    assert (await two.command("notification.unread", ids=[rows[0].pk]))["unread"] == 3
    event = await one.event("notification.read")
    assert (event["seq"], event["read"], event["unread"]) == (5, False, 3)
    assert (await two.command("notification.read", up_to=2))["unread"] == 1
    event = await one.event("notification.read")
    assert (event["seq"], event["up_to"], event["unread"], "ids" in event) == (6, 2, 1, False)
    assert (await connect(alice)).welcome["notifications"] == {"seq": 6, "unread": 1, "levels": {}, "push_key": None}


async def test_catching_up_by_the_last_number(connect: Connect, alice: User) -> None:
    client = await connect(alice)
    rows = [await tell(alice, title) for title in ("a", "b", "c")]
    await client.command("notification.read", ids=[rows[0].pk])
    synced = await client.command("notification.sync", after=2)
    assert [(one["title"], one["changed"], one["read_at"] is None) for one in synced["notifications"]] == [
        ("c", 3, True),
        ("a", 4, False),
    ]
    assert (synced["seq"], synced["unread"], synced["reset"]) == (4, 2, False)


async def test_activity_is_written_down(connect: Connect, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity_module, "EVERY_SECONDS", 0.05)
    client = await connect(alice, "/ws/notifications/")
    assert (await client.command("active"))["type"] == "ok"
    async with asyncio.timeout(30):
        while not await Inbox.objects.filter(user=alice, active_at__isnull=False).aexists():
            await asyncio.sleep(0.02)
