"""Conversations of a few people, replies, and who is called, over the socket."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from chat.services import blocks, rooms
from realtime_site.accounts.models import User
from tests.consumers.support import Client
from tests.factories import make_room, make_user

Connect = Callable[..., Awaitable[Client]]


class House:
    """Alice owns `general`, Bob and Carol are in it; Mallory is in nothing."""

    def __init__(self) -> None:
        self.alice, self.bob, self.carol, self.mallory = (
            make_user(name, display_name=name.title()) for name in ("alice", "bob", "carol", "mallory")
        )
        self.general = make_room("general", self.alice, self.bob, self.carol)


@pytest.fixture
async def house(transactional_db: None) -> House:
    return await sync_to_async(House)()


async def opened(client: Client, *people: User) -> dict[str, Any]:
    reply = await client.command("direct.open", people=[user.pk for user in people])
    assert reply["type"] == "ok", reply
    room: dict[str, Any] = reply["room"]
    return room


async def test_a_conversation_is_made_and_both_talk_at_once(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob)
    room = await opened(alice, house.bob)
    assert (room["kind"], room["name"], room["role"], room["seq"]) == ("direct", "Bob", "member", 0)
    assert [person["username"] for person in room["people"]] == ["bob"]
    assert (await alice.send(room["id"], "hello"))["type"] == "ok"
    news = (await bob.event("room", lambda frame: "slug" in frame["room"]))["room"]
    assert (news["id"], news["name"], news["seq"]) == (room["id"], "Alice", 0)
    assert (await bob.event("message"))["message"]["body"] == "hello"
    assert (await bob.event("room"))["room"] == {"id": room["id"], "seq": 1, "online": 2}
    assert (await bob.send(room["id"], "hello yourself"))["message"]["seq"] == 2
    assert (await alice.event("message", lambda frame: frame["seq"] == 2))["message"]["body"] == "hello yourself"


async def test_nobody_hears_of_a_conversation_before_something_is_said_there(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob)
    room = await opened(alice, house.bob)
    for kind, fields in (("typing", {}), ("signal", {"name": "x"})):
        assert (await alice.command(kind, room=room["id"], **fields))["type"] == "ok"
    hall = {"room": house.general.pk, "name": "and now"}
    await alice.command("signal", **hall)
    await bob.event("signal", lambda frame: frame["name"] == "and now")
    assert not [frame for frame in bob.events if frame.get("room", room["id"]) != house.general.pk]
    assert [one["slug"] for one in (await connect(house.bob)).welcome["rooms"]] == ["general"]
    assert (await bob.send(room["id"], "hello?"))["code"] == "not_found"
    assert [one["slug"] for one in (await connect(house.alice)).welcome["rooms"]] == ["general", room["slug"]]
    assert (await opened(bob, house.alice))["id"] == room["id"]
    assert room["slug"] in [one["slug"] for one in (await connect(house.bob)).welcome["rooms"]]


async def test_making_conversations_has_a_limit_and_finding_them_has_not(
    connect: Connect, house: House, settings: Any
) -> None:
    settings.LIVE_RATE_LIMITS = True
    crowd = [await sync_to_async(make_user)(f"user{number}") for number in range(21)]
    alice = await connect(house.alice)
    for user in crowd[:20]:
        await opened(alice, user)
    refusal = await alice.command("direct.open", people=[crowd[20].pk])
    assert refusal["code"] == "rate_limited"
    assert 100 < refusal["retry_after"] <= 180
    await opened(alice, crowd[0])


async def test_opening_again_finds_it_from_either_side(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob)
    first = await opened(alice, house.bob)
    assert (await opened(bob, house.alice))["id"] == first["id"]
    assert (await opened(bob, house.alice, house.bob))["id"] == first["id"]
    assert (await opened(alice, house.bob, house.carol))["id"] != first["id"]


async def test_a_group_is_named_after_the_others_and_welcome_has_it(connect: Connect, house: House) -> None:
    alice = await connect(house.alice)
    room = await opened(alice, house.carol, house.bob)
    assert room["name"] == "Bob, Carol"
    await alice.send(room["id"], "hello")
    carol = await connect(house.carol)
    here = carol.room(room["slug"])
    assert (here["name"], [person["id"] for person in here["people"]]) == ("Alice, Bob", [house.alice.pk, house.bob.pk])
    assert "people" not in carol.room("general")


async def test_nobody_outside_hears_reads_joins_or_is_added(connect: Connect, house: House) -> None:
    alice, mallory = await connect(house.alice), await connect(house.mallory)
    room = (await opened(alice, house.bob))["id"]
    sent = (await alice.send(room, "between us"))["message"]
    attempts = [
        ("message.send", {"room": room, "client_id": str(uuid4()), "body": "x"}),
        ("message.edit", {"message": sent["id"], "body": "x"}),
        ("message.delete", {"message": sent["id"]}),
        ("room.history", {"room": room}),
        ("room.sync", {"room": room, "after": 0}),
        ("room.read", {"room": room, "seq": 1}),
        ("room.members", {"room": room}),
        ("room.join", {"room": room}),
        ("room.leave", {"room": room}),
        ("typing", {"room": room}),
        ("signal", {"room": room, "name": "x"}),
    ]
    for kind, fields in attempts:
        assert (await mallory.command(kind, **fields))["code"] == "not_found", kind
    assert mallory.events == []
    assert (await alice.command("room.leave", room=room))["code"] == "forbidden"


async def test_opening_says_what_is_wrong(connect: Connect, house: House) -> None:
    alice = await connect(house.alice)
    for people, code in (
        ([], "invalid"),
        ([house.alice.pk], "invalid"),
        (list(range(1, 30)), "invalid"),
        ([999_999], "not_found"),
        ([house.bob.pk, 999_999], "not_found"),
        ([-1], "invalid"),
        (["bob"], "invalid"),
    ):
        assert (await alice.command("direct.open", people=people))["code"] == code, people


async def test_a_reply_quotes_what_it_answers_and_a_retry_does_too(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob)
    asked = (await alice.send(house.general.pk, "Who has **the key**?"))["message"]
    client_id = str(uuid4())
    fields = {"room": house.general.pk, "body": "I do", "client_id": client_id, "reply_to": asked["id"]}
    reply = await bob.command("message.send", **fields)
    quote = {
        "id": asked["id"],
        "seq": asked["seq"],
        "author": asked["author"],
        "text": "Who has the key?",
        "deleted": False,
    }
    assert reply["message"]["reply_to"] == quote
    assert (await alice.event("message", lambda frame: frame["message"]["body"] == "I do"))["message"][
        "reply_to"
    ] == quote
    again = await bob.command("message.send", **fields)
    assert again["message"] == reply["message"]
    other = await bob.command("message.send", **{**fields, "reply_to": reply["message"]["id"]})
    assert other["code"] == "conflict"
    await alice.command("message.delete", message=asked["id"])
    history = (await bob.command("room.history", room=house.general.pk))["messages"]
    assert history[-1]["reply_to"] == {**quote, "text": "", "deleted": True}


async def test_people_online_are_called_by_at_online(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob)
    sent = (await alice.send(house.general.pk, "@online coffee"))["message"]
    assert (sent["audience"], sent["mentions"]) == ("online", [])
    assert '<span class="mention" data-user="online">@online</span>' in sent["html"]
    carol = await connect(house.carol)
    assert carol.room("general")["mentions"] == 0
    assert (await bob.command("room.read", room=house.general.pk, seq=1))["mentions"] == 1
    edited = await alice.command("message.edit", message=sent["id"], body="@online tea, sorry")
    assert edited["message"]["audience"] == "online"
    assert (await carol.command("room.read", room=house.general.pk, seq=1))["mentions"] == 0
    plain = (await alice.send(house.general.pk, "tea"))["message"]
    await alice.command("message.edit", message=plain["id"], body="tea @online")
    assert (await carol.command("room.read", room=house.general.pk, seq=1))["mentions"] == 1


async def test_blocking_ends_a_conversation_of_two_until_it_is_taken_back(connect: Connect, house: House) -> None:
    alice, bob, other = await connect(house.alice), await connect(house.bob), await connect(house.bob)
    room = (await opened(alice, house.bob))["id"]
    await alice.send(room, "hello")
    assert (await bob.command("person.block", person=house.alice.pk))["blocked"] == [house.alice.pk]
    assert (await other.event("blocked"))["people"] == [house.alice.pk]
    assert (await alice.send(room, "hello?"))["code"] == "forbidden"
    assert (await bob.send(room, "no"))["code"] == "forbidden"
    for client in (alice, bob):
        for kind, fields in (("typing", {}), ("signal", {"name": "x"})):
            assert (await client.command(kind, room=room, **fields))["code"] == "forbidden"
            assert (await client.command(kind, room=house.general.pk, **fields))["type"] == "ok"
    assert (await alice.send(house.general.pk, "in a room"))["type"] == "ok"
    assert (await connect(house.bob)).welcome["blocked"] == [house.alice.pk]
    assert (await bob.command("person.unblock", person=house.alice.pk))["blocked"] == []
    assert (await alice.command("signal", room=room, name="free"))["type"] == "ok"
    await bob.event("signal", lambda frame: frame["name"] == "free")
    assert {frame["room"] for frame in bob.events if frame["type"] in {"typing", "signal"}} == {house.general.pk}
    assert (await alice.send(room, "hello?"))["type"] == "ok"


async def test_blocking_says_what_is_wrong(connect: Connect, house: House) -> None:
    alice = await connect(house.alice)
    assert (await alice.command("person.block", person=house.alice.pk))["code"] == "invalid"
    assert (await alice.command("person.block", person=999_999))["code"] == "not_found"
    assert (await alice.command("person.unblock", person=house.bob.pk))["blocked"] == []


async def test_people_are_found_by_the_beginning_of_a_name(connect: Connect, house: House) -> None:
    alice = await connect(house.alice)
    for query, names in (("bo", ["bob"]), ("@BO", ["bob"]), ("ali", []), ("", ["bob", "carol"]), ("_", [])):
        found = await alice.command("people.find", query=query)
        assert [person["username"] for person in found["people"]] == names, query


async def test_a_socket_of_notifications_hears_nothing_of_chat(connect: Connect, house: House) -> None:
    """Whatever comes by the person's topics: rooms they are brought into, marks, blocks, what is said."""
    alice, inbox = await connect(house.alice), await connect(house.bob, "/ws/notifications/")
    bob = await connect(house.bob)
    private = await sync_to_async(make_room)("private", house.alice, kind="private")
    talk = await opened(alice, house.bob)
    await alice.send(talk["id"], "psst")
    await sync_to_async(rooms.add)(by_id=house.alice.pk, room_id=private.pk, user_id=house.bob.pk)
    await bob.event("room", lambda frame: frame["room"]["id"] == private.pk)
    await bob.command("room.read", room=talk["id"], seq=1)
    await bob.command("person.block", person=house.carol.pk)
    await alice.send(private.pk, "@bob, are you there?")
    await alice.command("typing", room=private.pk)
    await bob.command("room.leave", room=private.pk)
    await bob.event("typing")
    told = await inbox.event("notification", lambda frame: "are you there" in frame["notification"]["body"])
    assert told["notification"]["kind"] == "mention"
    await alice.send(house.general.pk, "@bob, the last word")
    await inbox.event("notification", lambda frame: "the last word" in frame["notification"]["body"])
    assert {frame["type"] for frame in inbox.events} <= {"notification", "notification.read"}
    assert [person.username for person in await sync_to_async(list)(User.objects.filter(rooms=private.pk))] == ["alice"]
    assert not set(inbox.welcome) & {"user", "rooms", "blocked"}


async def test_signals_keep_their_order_while_the_first_waits_for_the_database(
    connect: Connect, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob)
    look, asked, go_on = blocks.check_not_barred, threading.Event(), threading.Event()

    def slow(*, room_id: int) -> bool:
        if not asked.is_set():
            asked.set()
            go_on.wait(30)
        return look(room_id=room_id)

    monkeypatch.setattr(blocks, "check_not_barred", slow)
    for number in range(5):
        signal = {"type": "signal", "id": number, "room": house.general.pk, "name": str(number)}
        await alice.socket.send_to(text_data=json.dumps(signal))
    assert await asyncio.to_thread(asked.wait, 30)
    go_on.set()
    assert [(await bob.event("signal"))["name"] for _ in range(5)] == ["0", "1", "2", "3", "4"]
