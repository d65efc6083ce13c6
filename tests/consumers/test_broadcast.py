"""What all sockets hear, and what archiving does to those in the room."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async

from chat.models import Room
from chat.services import administration, announcements, maintenance
from realtime_site.accounts.models import User
from realtime_site.audit.log import COMMAND
from tests.consumers.support import Client
from tests.factories import make_room, make_user

Connect = Callable[..., Awaitable[Client]]


def scene() -> tuple[Room, User, User]:
    ana, bob = make_user("ana"), make_user("bob")
    return make_room("general", ana, bob), ana, bob


async def act(function: Callable[..., Any], **fields: Any) -> Any:
    return await sync_to_async(function)(by=COMMAND, **fields)


async def test_maintenance_reaches_every_socket_and_is_in_the_welcome(connect: Connect) -> None:
    _, ana, bob = await sync_to_async(scene)()
    whole, chat, inbox = await connect(ana), await connect(bob, "/ws/chat/"), await connect(bob, "/ws/notifications/")
    plain = await connect(bob, "/ws/rooms/general/")
    await act(maintenance.switch, reason="We move")
    for client in (whole, chat, inbox):
        assert await client.event("maintenance") == {"type": "maintenance", "reason": "We move"}
    said = await plain.event("system", lambda frame: "We move" in frame["message"])
    assert said["message"] == "Nobody can write for now: We move"
    late = await connect(ana)
    assert late.welcome["maintenance"] == "We move"
    refused = await late.send(late.room("general")["id"], "hello")
    assert (refused["code"], refused["detail"]) == ("unavailable", "We move")
    await act(maintenance.switch, reason=None)
    assert (await whole.event("maintenance"))["reason"] is None
    assert "maintenance" not in (await connect(ana)).welcome


async def test_an_announcement_reaches_every_socket(connect: Connect) -> None:
    _, ana, bob = await sync_to_async(scene)()
    clients = [await connect(ana), await connect(bob)]
    await act(announcements.to_all_online, text="Cake at three", reason="")
    for client in clients:
        event = await client.event("announcement")
        assert (event["text"], event["by"]) == ("Cake at three", "A command")


async def test_an_archived_room_says_so_and_comes_back_with_what_is_said_then(connect: Connect) -> None:
    room, ana, bob = await sync_to_async(scene)()
    client, plain = await connect(bob), await connect(ana, "/ws/rooms/general/")
    await act(administration.archive, room_id=room.pk, reason="")
    archived = await client.event("room", lambda frame: frame["room"].get("archived") is True)
    assert archived["room"]["id"] == room.pk
    assert await plain.close_code() == 4403
    await act(administration.restore, room_id=room.pk, reason="")
    restored = await client.event("room", lambda frame: frame["room"].get("archived") is False)
    assert (restored["room"]["slug"], restored["room"]["role"]) == ("general", "member")
    other = await connect(ana)
    await other.send(room.pk, "back again")
    assert (await client.event("message"))["message"]["body"] == "back again"


async def test_slow_mode_is_told_to_the_room(connect: Connect) -> None:
    room, _, bob = await sync_to_async(scene)()
    client = await connect(bob)
    await act(administration.restrict, room_id=room.pk, slow_mode_seconds=30, read_only=True, reason="")
    told = (await client.event("room", lambda frame: "slow_mode_seconds" in frame["room"]))["room"]
    assert (told["slow_mode_seconds"], told["read_only"]) == (30, True)
