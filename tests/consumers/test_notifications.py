"""The commands and events of an inbox, through the whole application."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from notifications import activity as activity_module
from notifications.api import notify
from notifications.live import Inboxes
from notifications.models import Inbox, Notification
from notifications.services import changing, reading
from realtime_site.accounts.models import User
from realtime_site.live import topics
from realtime_site.live.database import in_database
from realtime_site.live.hub import Hub, hub
from realtime_site.live.outlets import Batch
from tests.consumers.support import Client
from tests.factories import make_room, make_user

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


async def test_choosing_a_level_reaches_ones_other_pages(connect: Connect, alice: User) -> None:
    room = await sync_to_async(make_room)("general", alice)
    one, two = await connect(alice), await connect(alice, "/ws/notifications/")
    scope = f"room:{room.pk}"
    assert (await one.command("notification.level", scope=scope, level="nothing"))["level"] == "nothing"
    assert await two.event("notification.level") == {"type": "notification.level", "scope": scope, "level": "nothing"}
    assert (await connect(alice)).welcome["notifications"]["levels"] == {scope: "nothing"}


async def test_nobody_follows_a_room_they_are_not_in(connect: Connect, alice: User) -> None:
    bob = await sync_to_async(make_user)("bob")
    room = await sync_to_async(make_room)("secret", bob, kind="private")
    client = await connect(alice)
    for scope in (f"room:{room.pk}", "room:999999", "room:x", "room:²", "elsewhere"):
        reply = await client.command("notification.level", scope=scope, level="everything")
        assert (reply["type"], reply["code"]) == ("error", "not_found")


async def test_why(connect: Connect, alice: User) -> None:
    bob = await sync_to_async(make_user)("bob")
    row = await tell(alice, target="thing:1")
    client, other = await connect(alice), await connect(bob)
    by_id = await client.command("notification.why", notification=row.pk)
    by_target = await client.command("notification.why", target="thing:1")
    assert (by_id["about"], by_id["stored"], by_id["reasons"]) == ("Hello", True, by_target["reasons"])
    assert [(one["channel"], one["outcome"], one["rule"]) for one in by_id["reasons"]] == [
        ("app", "sent", "default"),
        ("push", "skipped", "no_device"),
        ("email", "skipped", "no_address"),
    ]
    assert (await other.command("notification.why", notification=row.pk))["code"] == "not_found"
    unconcerned = await other.command("notification.why", target="thing:1")
    assert (unconcerned["about"], unconcerned["stored"]) == ("", False)
    assert unconcerned["reasons"] == (await other.command("notification.why", target="thing:999"))["reasons"]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("notification.list", {"view": "mine"}),
        ("notification.list", {"limit": 0}),
        ("notification.list", {"limit": 101}),
        ("notification.list", {"before": -1}),
        ("notification.list", {"before": 2**53}),
        ("notification.sync", {}),
        ("notification.sync", {"after": "1"}),
        ("notification.sync", {"after": 1.5}),
        ("notification.read", {}),
        ("notification.read", {"ids": [1], "up_to": 1}),
        ("notification.read", {"ids": [-1]}),
        ("notification.read", {"ids": ["1"]}),
        ("notification.read", {"ids": list(range(501))}),
        ("notification.unread", {"ids": None}),
        ("notification.seen", {"up_to": None}),
        ("notification.why", {}),
        ("notification.why", {"notification": 1, "target": "x"}),
        ("notification.why", {"target": ""}),
        ("notification.why", {"target": "a\0b"}),
        ("notification.level", {"scope": "room:1", "level": "loud"}),
        ("notification.level", {"scope": "x" * 101, "level": "nothing"}),
    ],
)
async def test_bad_input_is_invalid(connect: Connect, alice: User, kind: str, fields: dict[str, Any]) -> None:
    client = await connect(alice, "/ws/notifications/")
    reply = await client.command(kind, **fields)
    assert (reply["type"], reply["code"] in {"invalid", "bad_frame"}) == ("error", True)


@pytest.mark.parametrize(
    ("kind", "fields", "answer"),
    [
        ("notification.list", {"before": 2**53 - 1}, {"notifications": [], "more": False, "unread": 0, "seq": 0}),
        ("notification.sync", {"after": 2**53 - 1}, {"notifications": [], "seq": 0, "unread": 0, "reset": False}),
        ("notification.read", {"ids": []}, {"unread": 0}),
        ("notification.read", {"ids": [2**53 - 1]}, {"unread": 0}),
        ("notification.read", {"up_to": 2**53 - 1}, {"unread": 0}),
        ("notification.unread", {"ids": []}, {"unread": 0}),
        ("notification.seen", {"up_to": 2**53 - 1}, {}),
    ],
)
async def test_the_farthest_numbers(
    connect: Connect, alice: User, kind: str, fields: dict[str, Any], answer: dict[str, Any]
) -> None:
    reply = await (await connect(alice)).command(kind, **fields)
    assert reply == {"type": "ok", "id": 1, **answer}


# --- What the layer loses ---------------------------------------------------------------------------------------------


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called on, what is published is lost."""

    async def lost(*args: Any) -> bool:
        return True

    return lambda: monkeypatch.setattr(hub(), "_sent", lost)


async def test_a_lost_notification_is_found(connect: Connect, alice: User, deaf: Callable[[], None]) -> None:
    client = await connect(alice)
    deaf()
    await tell(alice, "one")
    await tell(alice, "two")
    hub()._moved = True
    first, second = await client.event("notification"), await client.event("notification")
    assert [first["seq"], second["seq"], second["after"], second["unread"]] == [1, 2, 0, 2]


async def test_a_lost_reading_of_many_is_found(connect: Connect, alice: User, deaf: Callable[[], None]) -> None:
    client = await connect(alice)
    rows = [await tell(alice, title) for title in ("a", "b", "c")]
    await client.event("notification", lambda event: event["seq"] == 3)
    deaf()
    await in_database(reading.read_up_to, user_id=alice.pk, seq=2)
    hub()._moved = True
    event = await client.event("notification.read")
    assert (event["seq"], event["read"], event["unread"]) == (4, True, 1)
    assert sorted(event["ids"]) == [rows[0].pk, rows[1].pk]


async def test_what_was_made_and_read_meanwhile_shows_a_gap(
    connect: Connect, alice: User, deaf: Callable[[], None]
) -> None:
    client = await connect(alice)
    deaf()
    for title in ("a", "b"):
        await tell(alice, title)
    await in_database(reading.read_up_to, user_id=alice.pk, seq=2)
    hub()._moved = True
    event = await client.event("notification")
    assert (event["seq"], "after" in event) == (3, False)
    assert len((await client.command("notification.sync", after=0))["notifications"]) == 2


async def test_withdrawing_tells_the_count(connect: Connect, alice: User) -> None:
    client = await connect(alice)
    await tell(alice, "one", target="x:1")
    await tell(alice, "two")
    await in_database(changing.withdraw, target="x:1")
    event = await client.event("notification", lambda event: event["seq"] == 3)
    assert (event["unread"], event["alert"], event["notification"]["title"]) == (1, False, "")
    assert event["notification"]["withdrawn_at"] is not None


class Ear:
    """A socket of another worker, as far as its hub sees it."""

    translate = None

    def __init__(self) -> None:
        self.outlet = self
        self.got: list[dict[str, Any]] = []

    def deliver(self, batch: Batch) -> None:
        self.got += map(json.loads, batch.texts)


async def hear_each_other(*hubs: Hub) -> None:
    """Returns once what one of them says reaches all."""
    heard: set[Hub] = set()
    for one in hubs:
        one.listen("hello", lambda _, one=one: heard.add(one))  # type: ignore[misc]
    async with asyncio.timeout(30):
        while len(heard) < len(hubs):
            hubs[0].tell("hello", {})
            await asyncio.sleep(0.02)


async def test_two_workers_tell_the_same(connect: Connect, alice: User) -> None:
    client, other, ear = await connect(alice), Hub(), Ear()
    other.start()
    Inboxes(other)
    try:
        other.attach(ear, topics.inbox(alice.pk), 0)  # type: ignore[arg-type]
        await hear_each_other(hub(), other)
        row = await tell(alice)
        await client.command("notification.read", ids=[row.pk])
        mine = [await client.event("notification"), await client.event("notification.read")]
        async with asyncio.timeout(30):
            while len(ear.got) < 2:
                await asyncio.sleep(0.01)
        assert ear.got == mine
    finally:
        await other.stop()
