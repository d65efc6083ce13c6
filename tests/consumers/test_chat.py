"""The commands and events of a room, through the whole application."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from chat.models import Membership, Message
from chat.services import rooms
from realtime_site.live import consumer as consumer_module
from realtime_site.live.limits import Buckets, Rate
from tests.consumers.support import Client
from tests.factories import make_room, make_user, rename

Connect = Callable[..., Awaitable[Client]]


class House:
    """Alice owns `general`, Bob is in it, Mallory is not."""

    def __init__(self) -> None:
        self.alice, self.bob, self.mallory = make_user("alice"), make_user("bob"), make_user("mallory")
        self.general = make_room("general", self.alice, self.bob)
        self.secret = make_room("secret", self.alice, kind="private")


@pytest.fixture
async def house(transactional_db: None) -> House:
    return await sync_to_async(House)()


async def test_a_message_reaches_everybody_in_the_room_and_its_sender(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob)
    reply = await alice.send(house.general.pk, "hello **Bob**")
    assert reply["type"] == "ok"
    assert reply["message"]["html"] == "<p>hello <strong>Bob</strong></p>"
    for client in (alice, bob):
        event = await client.event("message")
        assert event == {"type": "message", "room": house.general.pk, "seq": 2, "message": reply["message"]}


async def test_an_ok_means_committed(connect: Connect, house: House) -> None:
    alice = await connect(house.alice)
    reply = await alice.send(house.general.pk, "hello")
    stored = await Message.objects.aget(pk=reply["message"]["id"])
    assert (stored.seq, stored.body) == (reply["message"]["seq"], "hello")


async def test_commands_sent_at_once_are_posted_in_their_order(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob)
    for number in range(25):
        frame = {"type": "message.send", "id": number, "room": house.general.pk, "client_id": str(uuid4())}
        await alice.socket.send_to(text_data=json.dumps({**frame, "body": str(number)}))
    got = [(await bob.event("message"))["message"] for _ in range(25)]
    assert [message["body"] for message in got] == [str(number) for number in range(25)]
    assert [message["seq"] for message in got] == list(range(2, 27))


async def test_a_retry_on_another_socket_is_the_same_message(connect: Connect, house: House) -> None:
    first, second = await connect(house.alice), await connect(house.alice)
    client_id = str(uuid4())
    one = await first.send(house.general.pk, "once", client_id)
    two = await second.send(house.general.pk, "once", client_id)
    assert one["message"] == two["message"]
    assert (await second.send(house.general.pk, "other", client_id))["code"] == "conflict"


async def test_editing_and_deleting_are_upserts(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob)
    sent = (await alice.send(house.general.pk, "one"))["message"]
    await bob.event("message")
    await alice.command("message.edit", message=sent["id"], body="two")
    edited = await bob.event("message")
    assert (edited["seq"], edited["message"]["seq"], edited["message"]["body"]) == (3, 2, "two")
    await alice.command("message.delete", message=sent["id"])
    stone = await bob.event("message")
    assert stone["message"]["deleted_at"]
    assert stone["message"]["body"] == stone["message"]["html"] == ""
    assert (await bob.command("message.edit", message=sent["id"], body="x"))["code"] == "forbidden"


async def test_strangers_hear_and_say_nothing(connect: Connect, house: House) -> None:
    alice, mallory = await connect(house.alice), await connect(house.mallory)
    sent = (await alice.send(house.secret.pk, "hidden"))["message"]
    room = house.secret.pk
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
    assert (await mallory.send(house.general.pk, "let me in"))["code"] == "forbidden"
    assert mallory.events == []


async def test_joining_brings_the_room_to_all_of_ones_sockets(connect: Connect, house: House) -> None:
    alice, one, two = await connect(house.alice), await connect(house.mallory), await connect(house.mallory)
    reply = await one.command("room.join", room=house.general.pk)
    assert reply["room"]["slug"] == "general"
    assert (await two.event("room"))["room"]["id"] == house.general.pk
    said = await alice.event("message")
    assert (said["message"]["kind"], said["message"]["body"]) == ("system", "mallory joined")
    await alice.send(house.general.pk, "welcome")
    for client in (one, two):
        await client.event("message", lambda frame: frame["message"]["body"] == "welcome")


async def test_leaving_ends_delivery_on_all_of_ones_sockets(connect: Connect, house: House) -> None:
    alice, one, two = await connect(house.alice), await connect(house.bob), await connect(house.bob)
    assert (await one.command("room.leave", room=house.general.pk))["room"] == house.general.pk
    await two.event("room.removed")
    said = await alice.event("message")
    assert said["message"]["body"] == "bob left"
    await alice.send(house.general.pk, "now we can talk")
    for client in (one, two):
        # A command's reply comes after whatever was sent before it.
        await client.command("ping")
        assert not [frame for frame in client.events if frame.get("message", {}).get("body") == "now we can talk"]


async def test_somebody_brought_in_by_another_process_hears_of_it(connect: Connect, house: House) -> None:
    bob = await connect(house.bob)
    await sync_to_async(rooms.add)(by_id=house.alice.pk, room_id=house.secret.pk, user_id=house.bob.pk)
    event = await bob.event("room")
    assert (event["room"]["slug"], event["room"]["kind"]) == ("secret", "private")
    assert (await bob.event("room"))["room"] == {"id": house.secret.pk, "seq": 2, "online": 1}


async def test_access_withdrawn_without_a_word_ends_delivery(connect: Connect, house: House) -> None:
    """As when Redis lost the news: the hub compares subscriptions with the database every few seconds."""
    bob = await connect(house.bob)
    await Membership.objects.filter(room=house.general, user=house.bob).adelete()
    assert (await bob.event("room.removed"))["room"] == house.general.pk
    alice = await connect(house.alice)
    await alice.send(house.general.pk, "among us")
    await bob.command("ping")
    assert not [frame for frame in bob.events if frame.get("message", {}).get("body") == "among us"]


async def test_a_room_of_which_no_news_came_is_entered(connect: Connect, house: House) -> None:
    bob, alice = await connect(house.bob), await connect(house.alice)
    await Membership.objects.acreate(room=house.secret, user=house.bob)
    assert (await bob.event("room"))["room"]["slug"] == "secret"
    await alice.send(house.secret.pk, "welcome")
    await bob.event("message", lambda frame: frame["message"]["body"] == "welcome")


async def test_news_that_comes_late_does_not_bring_anybody_back(connect: Connect, house: House) -> None:
    from realtime_site.live import topics
    from realtime_site.live.events import Event
    from realtime_site.live.hub import hub

    bob = await connect(house.bob)
    await bob.command("room.leave", room=house.general.pk)
    topic = topics.room(house.general.pk)
    hub().deliver_here(Event(topics.rooms(house.bob.pk), [], control=("attach", topic, 1)))
    await bob.command("ping")
    alice = await connect(house.alice)
    await alice.send(house.general.pk, "among us")
    await bob.command("ping")
    assert not [frame for frame in bob.events if frame.get("message", {}).get("body") == "among us"]


async def test_a_renamed_room_is_told_to_its_members(connect: Connect, house: House) -> None:
    bob = await connect(house.bob)
    await sync_to_async(rename)(house.alice, house.general.pk, name="Hall", topic="All")
    event = await bob.event("room")
    assert event["room"]["name"] == "Hall"
    assert "unread" not in event["room"]


async def test_history_and_sync_answer_over_the_socket(connect: Connect, house: House) -> None:
    alice = await connect(house.alice)
    for number in range(5):
        await alice.send(house.general.pk, str(number))
    page = await alice.command("room.history", room=house.general.pk, limit=2)
    assert [message["body"] for message in page["messages"]] == ["3", "4"]
    assert (page["more_before"], page["more_after"], page["seq"]) == (True, False, 6)
    synced = await alice.command("room.sync", room=house.general.pk, after=4)
    assert [message["body"] for message in synced["messages"]] == ["3", "4"]
    assert (synced["seq"], synced["reset"]) == (6, False)


async def test_reading_here_is_read_everywhere(connect: Connect, house: House) -> None:
    alice, one, two = await connect(house.alice), await connect(house.bob), await connect(house.bob)
    await alice.send(house.general.pk, "@bob hello")
    await two.event("message")
    reply = await one.command("room.read", room=house.general.pk, seq=2)
    assert (reply["last_read"], reply["unread"], reply["mentions"]) == (2, 0, 0)
    event = await two.event("read")
    assert event == {"type": "read", "room": house.general.pk, "last_read": 2, "unread": 0, "mentions": 0}


async def test_typing_and_signals_are_relayed_and_not_stored(connect: Connect, house: House) -> None:
    alice, bob = await connect(house.alice), await connect(house.bob)
    await alice.command("typing", room=house.general.pk)
    assert (await bob.event("typing"))["user"]["username"] == "alice"
    await alice.command("signal", room=house.general.pk, name="cursor", data={"x": 1, "y": [2.5, None]})
    event = await bob.event("signal")
    assert (event["name"], event["data"], event["user"]["id"]) == ("cursor", {"x": 1, "y": [2.5, None]}, house.alice.pk)
    assert await Message.objects.filter(room=house.general, kind="text").acount() == 0


async def test_people_come_online_and_go(connect: Connect, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime_site.live.presence.GRACE_SECONDS", 0)
    alice = await connect(house.alice)
    await alice.event("presence", lambda frame: frame["room"] == house.general.pk and frame["online"] == 1)
    bob = await connect(house.bob)
    event = await alice.event("presence", lambda frame: frame["room"] == house.general.pk and frame["online"] == 2)
    assert [person["username"] for person in event["came"]] == ["bob"]
    found = await alice.command("room.members", room=house.general.pk)
    assert found["online"] == 2
    assert [(member["username"], member["online"]) for member in found["members"]] == [("alice", True), ("bob", True)]
    await bob.close()
    event = await alice.event("presence", lambda frame: frame["went"])
    assert [person["username"] for person in event["went"]] == ["bob"]


async def test_ping_is_answered_with_pong(connect: Connect, house: House) -> None:
    alice = await connect(house.alice)
    reply = await alice.command("ping")
    assert reply["type"] == "pong"
    assert reply["time"]


async def test_bad_frames_get_errors_and_ten_close_the_socket(connect: Connect, house: House) -> None:
    alice = await connect(house.alice)
    for _ in range(9):
        await alice.socket.send_to(text_data="no json")
        assert (await alice.receive())["code"] == "bad_frame"
    assert (await alice.command("ping"))["type"] == "pong"
    await alice.socket.send_to(bytes_data=b"\x00\x01")
    assert await alice.close_code() == 4400


async def test_a_flood_is_slowed_down_and_told_for_how_long(
    connect: Connect, house: House, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIVE_RATE_LIMITS = True
    monkeypatch.setattr(consumer_module, "_commands", Buckets("commands", Rate(per_second=0.01, burst=3)))
    alice, bob = await connect(house.alice), await connect(house.bob)
    for _ in range(3):
        assert (await alice.command("typing", room=house.general.pk))["type"] == "ok"
    refused = await alice.command("typing", room=house.general.pk)
    assert refused["code"] == "rate_limited"
    assert 0 < refused["retry_after"] <= 100
    assert (await bob.command("typing", room=house.general.pk))["type"] == "ok"


async def test_the_snapshot_and_the_events_after_it_equal_a_fresh_snapshot(connect: Connect, house: House) -> None:
    """The state test: whatever happens between, a client that applies events ends where a new one begins."""
    alice, bob = await connect(house.alice), await connect(house.bob)
    page = await bob.command("room.history", room=house.general.pk)
    state = {message["id"]: message for message in page["messages"]}
    last = page["seq"]
    sent = [(await alice.send(house.general.pk, f"@bob {number}"))["message"] for number in range(8)]
    await alice.command("message.edit", message=sent[2]["id"], body="changed")
    await alice.command("message.delete", message=sent[5]["id"])
    third = await connect(house.mallory)
    await third.command("room.join", room=house.general.pk)
    await third.command("room.leave", room=house.general.pk)
    head = (await bob.command("room.history", room=house.general.pk, limit=1))["seq"]
    while last < head:
        event = await bob.event("message")
        assert event["seq"] == last + 1
        last = event["seq"]
        state[event["message"]["id"]] = event["message"]
    fresh = await bob.command("room.history", room=house.general.pk, limit=100)
    assert sorted(state.values(), key=lambda message: message["seq"]) == fresh["messages"]
    reconnected = await connect(house.bob)
    assert reconnected.room("general")["seq"] == last
    # "bob"'s unread: eight mentions sent, one edited away, one deleted.
    assert (reconnected.room("general")["unread"], reconnected.room("general")["mentions"]) == (7, 6)


async def test_everything_a_socket_held_is_given_back(connect: Connect, house: House) -> None:
    from realtime_site.live.hub import hub

    clients = [await connect(user) for user in (house.alice, house.bob, house.mallory) for _ in range(3)]
    assert len(hub().sockets) == 9
    for client in clients:
        await client.close()
    assert len(hub().sockets) == 0
    assert all(not topic.subscribers for topic in hub().topics.values())
    running = [task.get_name() for task in asyncio.all_tasks() if not task.get_name().startswith("hub")]
    assert [name for name in running if "room writer" in name] == []
