"""From a message to the inbox of whom it names, and back out of it."""

from collections.abc import Awaitable, Callable

import pytest
from asgiref.sync import sync_to_async

from notifications.models import Notification
from tests.consumers.support import Client
from tests.consumers.test_chat import House

Connect = Callable[..., Awaitable[Client]]


@pytest.fixture
async def house(transactional_db: None) -> House:
    return await sync_to_async(House)()


async def test_a_mention_comes_and_reading_the_room_reads_it(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob, "/ws/notifications/")
    sent = (await alice.send(house.general.pk, "hello @bob"))["message"]
    told = (await bob.event("notification"))["notification"]
    assert (told["title"], told["body"]) == ("alice mentioned you in general", "hello @bob")
    assert (told["url"], told["target"]) == (f"/rooms/general/{sent['seq']}/", f"chat.message:{sent['id']}")
    assert (told["actor"]["username"], told["mention"]) == ("alice", True)
    on_another_page = await connect(house.bob)
    await on_another_page.command("room.read", room=house.general.pk, seq=sent["seq"])
    read = await bob.event("notification.read")
    assert (read["read"], read["ids"], read["unread"]) == (True, [told["id"]], 0)


async def test_an_edit_adds_and_takes_away(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob, "/ws/notifications/")
    sent = (await alice.send(house.general.pk, "hello"))["message"]
    await alice.command("message.edit", message=sent["id"], body="hello @bob")
    assert (await bob.event("notification"))["alert"]
    await alice.command("message.edit", message=sent["id"], body="hello nobody")
    gone = await bob.event("notification")
    assert (gone["unread"], gone["notification"]["body"]) == (0, "")
    assert (await bob.command("notification.list"))["notifications"] == []


async def test_a_deleted_message_is_withdrawn(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob, "/ws/notifications/")
    sent = (await alice.send(house.general.pk, "hello @bob"))["message"]
    await bob.event("notification")
    await alice.command("message.delete", message=sent["id"])
    assert (await bob.event("notification"))["notification"]["withdrawn_at"] is not None


async def test_whoever_leaves_can_read_nothing_of_the_room_in_their_inbox(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob)
    await alice.send(house.general.pk, "a secret for @bob")
    told = (await bob.event("notification"))["notification"]
    await bob.command("notification.read", ids=[told["id"]])
    await bob.command("room.leave", room=house.general.pk)
    answers = [
        await bob.command("notification.list"),
        await bob.command("notification.sync", after=0),
        await bob.command("notification.why", notification=told["id"]),
        await bob.command("notification.why", target=told["target"]),
    ]
    assert "secret" not in str(answers)
    assert "alice" not in str(answers)
    row = await Notification.objects.aget(pk=told["id"])
    assert (row.title, row.body, row.url) == ("", "", "")


async def test_a_direct_message_comes_to_the_other(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob, "/ws/notifications/")
    room = (await alice.command("direct.open", people=[house.bob.pk]))["room"]
    await alice.send(room["id"], "psst")
    told = (await bob.event("notification"))["notification"]
    assert (told["kind"], told["title"], told["body"]) == ("direct", "alice", "psst")
