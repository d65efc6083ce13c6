"""The plain room socket: type text, get simple JSON."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from asgiref.sync import sync_to_async

from chat.models import Message, Room
from chat.services import blocks, direct, messages
from realtime_site.accounts.models import User
from tests.consumers.support import Client, session_cookie
from tests.factories import make_room, make_user

Connect = Callable[..., Awaitable[Client]]


@pytest.fixture
async def alice(transactional_db: None) -> User:
    return await sync_to_async(make_user)("alice")


@pytest.fixture
async def bob(alice: User) -> User:
    return await sync_to_async(make_user)("bob", display_name="Bob B.")


@pytest.fixture
async def general(alice: User) -> Room:
    return await sync_to_async(make_room)("general", alice)


async def test_the_first_frame_is_system_with_the_online_count(connect: Connect, alice: User, general: Room) -> None:
    socket = await connect(alice, "/ws/rooms/general/")
    first = await socket.receive()
    assert first["type"] == "system"
    assert first["online_count"] == 1
    assert datetime.fromisoformat(first["timestamp"]).tzinfo is not None


async def test_any_text_that_is_no_json_object_is_a_message(connect: Connect, alice: User, general: Room) -> None:
    socket = await connect(alice, "/ws/rooms/general/")
    typed = ["hello", "  spaced", "42", "[1, 2]", '"quoted"', "{not json", "null", "{", "{" * 40]
    for text in typed:
        await socket.socket.send_to(text_data=text)
        frame = await socket.event("chat")
        assert (frame["from"], frame["message"]) == ("alice", text)
    assert await Message.objects.filter(kind="text").acount() == len(typed)


async def test_chat_and_ping_are_commands(connect: Connect, alice: User, general: Room) -> None:
    socket = await connect(alice, "/ws/rooms/general/")
    await socket.socket.send_to(text_data='{"type": "chat", "message": "hi there", "extra": 1}')
    frame = await socket.event("chat")
    assert set(frame) == {"type", "from", "message", "timestamp"}
    await socket.socket.send_to(text_data='{"type": "ping"}')
    assert set(await socket.event("pong")) == {"type", "timestamp"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"type": "nope"}', "invalid"),
        ('{"type": "chat"}', "invalid"),
        ('{"type": "chat", "message": 5}', "invalid"),
        ('{"type": "chat", "message": ""}', "invalid"),
        ("{}", "invalid"),
        ("   ", "invalid"),
        ("x" * 8001, "invalid"),
        ('{"type": "chat", "message": "x", "y": ' + "[" * 40 + "]" * 40 + "}", "bad_frame"),
    ],
)
async def test_bad_input_gets_an_error_and_the_socket_lives(
    connect: Connect, alice: User, general: Room, text: str, code: str
) -> None:
    socket = await connect(alice, "/ws/rooms/general/")
    await socket.socket.send_to(text_data=text)
    frame = await socket.event("error")
    assert frame["code"] == code
    assert frame["detail"]
    await socket.socket.send_to(text_data="still here")
    await socket.event("chat")


async def test_a_binary_frame_gets_an_error_and_the_socket_lives(connect: Connect, alice: User, general: Room) -> None:
    socket = await connect(alice, "/ws/rooms/general/")
    await socket.socket.send_to(bytes_data=b"\x00\xff")
    assert (await socket.event("error"))["code"] == "bad_frame"
    await socket.socket.send_to(text_data="still here")
    await socket.event("chat")


async def test_people_at_both_kinds_of_socket_talk(connect: Connect, alice: User, bob: User, general: Room) -> None:
    browser = await connect(alice)
    plain = await connect(bob, "/ws/rooms/general/")
    await plain.socket.send_to(text_data="from the terminal")
    event = await browser.event("message", lambda frame: frame["message"]["kind"] == "text")
    assert event["message"]["body"] == "from the terminal"
    await browser.send(general.pk, "from the browser")
    heard = await plain.event("chat", lambda frame: frame["from"] == "alice")
    assert heard["message"] == "from the browser"


async def test_joins_and_leaves_are_told_with_the_count(
    connect: Connect, alice: User, bob: User, general: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime_site.live.presence.GRACE_SECONDS", 0)
    socket = await connect(alice, "/ws/rooms/general/")
    other = await connect(bob, "/ws/rooms/general/")
    assert (await other.receive())["online_count"] == 2
    joined = await socket.event("user_join", lambda frame: "Bob" in frame["message"])
    assert (joined["message"], joined["online_count"]) == ("Bob B. joined", 2)
    assert joined["timestamp"]
    await other.close()
    left = await socket.event("user_leave")
    assert (left["message"], left["online_count"]) == ("Bob B. left", 1)


async def test_edits_are_not_shown(connect: Connect, alice: User, general: Room) -> None:
    browser, plain = await connect(alice), await connect(alice, "/ws/rooms/general/")
    sent = (await browser.send(general.pk, "one"))["message"]
    await sync_to_async(messages.edit)(user_id=alice.pk, message_id=sent["id"], body="two")
    await browser.send(general.pk, "three")
    assert (await plain.event("chat"))["message"] == "one"
    assert (await plain.event("chat"))["message"] == "three"


async def test_a_public_room_is_joined_by_connecting(connect: Connect, bob: User, general: Room) -> None:
    await connect(bob, "/ws/rooms/general/")
    assert await general.memberships.filter(user=bob).aexists()


@pytest.mark.parametrize("slug", ["secret", "nowhere"])
async def test_a_private_room_of_others_is_closed_like_one_that_is_not(alice: User, bob: User, slug: str) -> None:
    await sync_to_async(make_room)("secret", alice, kind="private")
    client = Client(f"/ws/rooms/{slug}/", cookie=await sync_to_async(session_cookie)(bob))
    await client.socket.connect(timeout=30)
    assert await client.close_code() == 4404


async def test_leaving_the_room_elsewhere_closes_the_socket(
    connect: Connect, alice: User, bob: User, general: Room
) -> None:
    plain, browser = await connect(bob, "/ws/rooms/general/"), await connect(bob)
    await browser.command("room.leave", room=general.pk)
    assert await plain.close_code() == 4403


async def test_a_conversation_is_open_to_who_is_in_it(connect: Connect, alice: User, bob: User) -> None:
    talk = await sync_to_async(direct.open_with)(user_id=alice.pk, people=[bob.pk])
    await sync_to_async(direct.open_with)(user_id=bob.pk, people=[alice.pk])
    one, two = await connect(alice, f"/ws/rooms/{talk.slug}/"), await connect(bob, f"/ws/rooms/{talk.slug}/")
    assert (await one.receive())["message"] == "Welcome to Bob B., alice."
    await two.socket.send_to(text_data="hello")
    assert (await one.event("chat"))["message"] == "hello"
    await sync_to_async(blocks.block)(user_id=alice.pk, person_id=bob.pk)
    await two.socket.send_to(text_data="hello?")
    assert (await two.event("error"))["code"] == "forbidden"


async def test_a_conversation_of_others_is_closed_like_a_room_that_is_not(alice: User, bob: User) -> None:
    talk = await sync_to_async(direct.open_with)(user_id=alice.pk, people=[bob.pk])
    mallory = await sync_to_async(make_user)("mallory")
    client = Client(f"/ws/rooms/{talk.slug}/", cookie=await sync_to_async(session_cookie)(mallory))
    await client.socket.connect(timeout=30)
    assert await client.close_code() == 4404


async def test_what_begins_elsewhere_is_not_said_here(connect: Connect, alice: User, bob: User, general: Room) -> None:
    plain, browser = await connect(bob, "/ws/rooms/general/"), await connect(alice)
    talk = (await browser.command("direct.open", people=[bob.pk]))["room"]
    await browser.send(talk["id"], "between us")
    await browser.send(general.pk, "to all")
    assert (await plain.event("chat"))["message"] == "to all"
