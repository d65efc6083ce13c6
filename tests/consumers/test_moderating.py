"""Moderation over the wire: who may, what the others hear, and how access ends."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from chat.models import Membership, Report, Restriction
from chat.services import removals, restrictions
from chat.services.messages import Draft, post_batch
from realtime_site.audit.log import Actor
from realtime_site.audit.models import Entry
from realtime_site.live import hub as hub_module
from tests.consumers.support import Client, session_cookie
from tests.factories import make_room, make_user

Connect = Callable[..., Awaitable[Client]]


class House:
    """Olga owns `general`, Mo and Max moderate it, Ben and Eve are members, Mallory is not."""

    def __init__(self) -> None:
        names = ("olga", "mo", "max", "ben", "eve", "mallory")
        self.people = {name: make_user(name) for name in names}
        self.room = make_room("general", *[self.people[name] for name in names[:5]])
        Membership.objects.filter(room=self.room, user__username__in=("mo", "max")).update(role="moderator")

    def actor(self, name: str) -> Actor:
        return Actor(self.people[name].pk, name, Entry.Via.CHAT)


@pytest.fixture
async def house(transactional_db: None) -> House:
    return await sync_to_async(House)()


async def report(client: Client, house: House, said: int) -> int:
    await client.command("message.report", message=said, reason="spam")
    return (await Report.objects.aget(handled_at=None)).pk


MODERATION: list[tuple[str, dict[str, Any]]] = [
    ("member.mute", {"seconds": 60}),
    ("member.unmute", {}),
    ("member.clear", {"count": 1}),
    ("member.ban", {}),
    ("member.unban", {}),
    ("act.preview", {"act": "ban"}),
    ("room.restrict", {"slow_mode_seconds": 5}),
    ("room.bans", {}),
    ("room.acts", {}),
    ("report.list", {}),
]


@pytest.mark.parametrize(
    ("who", "expected"), [("mallory", "forbidden"), ("eve", "forbidden"), ("mo", "ok"), ("olga", "ok")]
)
async def test_only_owners_and_moderators_moderate(connect: Connect, house: House, who: str, expected: str) -> None:
    """Each command upon Ben, a member, by a stranger, a member, a moderator, the owner."""
    ben, client = await connect(house.people["ben"]), await connect(house.people[who])
    said = [(await ben.send(house.room.pk, f"{number}"))["message"]["id"] for number in range(3)]
    number = await report(await connect(house.people["eve"]), house, said[0])
    upon = {"room": house.room.pk, "person": house.people["ben"].pk}
    attempts = [
        ("message.remove", {"message": said[1]}),
        ("report.handle", {"report": number, "outcome": "removed"}),
        *((kind, fields | upon) for kind, fields in MODERATION),
    ]
    for kind, fields in attempts:
        reply = await client.command(kind, **fields)
        assert reply.get("code", "ok") == expected, (kind, reply)
    entry = await sync_to_async(lambda: Entry.objects.filter(action="member.ban").first())()
    if entry is None:
        entry = await sync_to_async(restrictions.ban)(
            by=house.actor("mo"), room_id=house.room.pk, person_id=house.people["ben"].pk, seconds=None, reason=""
        )
        assert (await client.command("act.undo", entry=entry.pk))["code"] == expected


@pytest.mark.parametrize(("who", "expected"), [("mallory", "forbidden"), ("eve", "forbidden"), ("mo", "forbidden")])
async def test_only_an_owner_gives_roles(connect: Connect, house: House, who: str, expected: str) -> None:
    client, olga = await connect(house.people[who]), await connect(house.people["olga"])
    change = {"room": house.room.pk, "person": house.people["ben"].pk, "role": "moderator"}
    assert (await client.command("member.role", **change))["code"] == expected
    entry = (await olga.command("member.role", **change))["entry"]
    assert (await client.command("act.undo", entry=entry))["code"] == expected
    assert (await olga.command("act.undo", entry=entry))["type"] == "ok"
    transfer = {"room": house.room.pk, "person": house.people["ben"].pk, "role": "owner"}
    assert (await client.command("member.role", **transfer))["code"] == expected
    assert (await olga.command("member.role", **transfer))["type"] == "ok"
    roles = dict([pair async for pair in Membership.objects.values_list("user__username", "role")])
    assert (roles["ben"], roles["olga"]) == ("owner", "moderator")


async def test_who_inherits_a_room_that_its_owner_leaves_hears_of_it(connect: Connect, house: House) -> None:
    await Membership.objects.filter(user=house.people["max"]).adelete()
    mo, olga = await connect(house.people["mo"]), await connect(house.people["olga"])
    await olga.command("room.leave", room=house.room.pk)
    told = await mo.event("room", lambda frame: "role" in frame["room"])
    assert told["room"]["role"] == "owner"


async def test_a_moderator_acts_upon_no_moderator_no_owner_and_not_upon_themselves(
    connect: Connect, house: House
) -> None:
    mo, olga = await connect(house.people["mo"]), await connect(house.people["olga"])
    for other in ("max", "olga", "mo"):
        for kind, fields in (("member.mute", {"seconds": 60}), ("member.ban", {}), ("member.remove", {})):
            upon = {"room": house.room.pk, "person": house.people[other].pk}
            assert (await mo.command(kind, **fields, **upon))["code"] == "forbidden", (kind, other)
    said = (await olga.send(house.room.pk, "I own this"))["message"]["id"]
    assert (await mo.command("message.remove", message=said))["code"] == "forbidden"
    upon = {"room": house.room.pk, "person": house.people["max"].pk}
    assert (await olga.command("member.ban", **upon))["type"] == "ok"


async def test_who_is_banned_hears_nothing_more_on_any_socket(connect: Connect, house: House) -> None:
    mo, one, two = [await connect(house.people[name]) for name in ("mo", "ben", "ben")]
    plain = await connect(house.people["ben"], "/ws/rooms/general/")
    entry = await mo.command("member.ban", room=house.room.pk, person=house.people["ben"].pk, reason="spam")
    for client in (one, two):
        assert (await client.event("room.removed"))["room"] == house.room.pk
    assert await plain.close_code() == 4403
    await mo.send(house.room.pk, "gone")
    for kind in ("room.join", "room.history", "room.sync"):
        reply = await one.command(kind, room=house.room.pk, **({"after": 0} if kind == "room.sync" else {}))
        assert (reply["code"], reply["detail"]) == ("forbidden", "You are banned from this room: spam.")
    assert not [frame for frame in one.events if frame["type"] == "message"]
    again = Client("/ws/rooms/general/", cookie=await sync_to_async(session_cookie)(house.people["ben"]))
    await again.socket.connect()
    assert await again.close_code() == 4403
    await mo.command("act.undo", entry=entry["entry"])
    assert (await one.event("room"))["room"]["slug"] == "general"
    await mo.send(house.room.pk, "back")
    await one.event("message", lambda frame: frame["message"]["body"] == "back")


async def test_who_was_banned_elsewhere_while_nothing_was_heard_is_out_within_seconds(
    connect: Connect, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when Redis is away: no event of another worker comes, and the recheck sees to it."""
    ben, plain = await connect(house.people["ben"]), await connect(house.people["ben"], "/ws/rooms/general/")
    monkeypatch.setattr(hub_module.Hub, "publish_from_thread", lambda self, *events: None)
    await sync_to_async(restrictions.ban)(
        by=house.actor("olga"), room_id=house.room.pk, person_id=house.people["ben"].pk, seconds=None, reason=""
    )
    assert (await ben.event("room.removed"))["room"] == house.room.pk
    assert await plain.close_code() == 4403


async def test_who_is_muted_hears_until_when_and_neither_writes_nor_types(connect: Connect, house: House) -> None:
    mo, ben = await connect(house.people["mo"]), await connect(house.people["ben"])
    said = (await ben.send(house.room.pk, "before"))["message"]["id"]
    upon = {"room": house.room.pk, "person": house.people["ben"].pk}
    reply = await mo.command("member.mute", **upon, seconds=600, reason="calm down")
    heard = (await ben.event("room"))["room"]
    assert heard == {"id": house.room.pk, "muted_until": reply["muted_until"]}
    assert ben.room("general")["muted_until"] is None
    refused = await ben.send(house.room.pk, "after")
    assert refused["code"] == "forbidden"
    assert refused["detail"].endswith(": calm down.")
    for kind, fields in (
        ("message.edit", {"message": said, "body": "changed"}),
        ("typing", {"room": house.room.pk}),
        ("signal", {"room": house.room.pk, "name": "x"}),
    ):
        assert (await ben.command(kind, **fields))["code"] == "forbidden", kind
    assert (await ben.command("message.delete", message=said))["type"] == "ok"
    members = (await mo.command("room.members", room=house.room.pk))["members"]
    assert [one["username"] for one in members if one["muted_until"]] == ["ben"]
    members = (await ben.command("room.members", room=house.room.pk))["members"]
    assert not [one for one in members if one["muted_until"]]
    await mo.command("act.undo", entry=reply["entry"])
    assert (await ben.event("room"))["room"] == {"id": house.room.pk, "muted_until": None}
    assert (await ben.send(house.room.pk, "after"))["type"] == "ok"


async def test_moderators_see_how_many_reports_wait_and_nobody_judges_themselves(
    connect: Connect, house: House
) -> None:
    olga, mo, eve = [await connect(house.people[name]) for name in ("olga", "mo", "eve")]
    said = (await mo.send(house.room.pk, "rude"))["message"]["id"]
    number = await report(eve, house, said)
    assert (await olga.event("room"))["room"]["reports"] == 1
    assert (await mo.event("room"))["room"]["reports"] == 0
    assert (await mo.command("report.list", room=house.room.pk))["reports"] == []
    assert (await mo.command("report.handle", report=number, outcome="dismissed"))["code"] == "forbidden"
    (listed,) = (await olga.command("report.list", room=house.room.pk))["reports"]
    assert (listed["message"]["id"], listed["reporter"]["username"]) == (said, "eve")
    entry = (await olga.command("report.handle", report=number, outcome="removed"))["entry"]
    assert (await olga.event("room"))["room"]["reports"] == 0
    assert (await eve.event("message", lambda frame: frame["message"]["deleted_at"]))["message"]["id"] == said
    await olga.command("act.undo", entry=entry)
    assert (await eve.event("message", lambda frame: frame["seq"] == 4))["message"]["body"] == "rude"
    assert (await olga.event("room"))["room"]["reports"] == 1


async def test_what_was_fetched_and_what_was_heard_is_what_would_be_fetched_now(connect: Connect, house: House) -> None:
    """Through deletions of many, and the way back."""
    eve = await connect(house.people["eve"])
    drafts = [Draft(house.room.pk, house.people["ben"].pk, uuid4(), f"{number} @eve @room") for number in range(60)]
    await sync_to_async(post_batch)(drafts)
    held = {one["id"]: one for one in (await eve.command("room.history", room=house.room.pk, limit=100))["messages"]}
    clear = {"room_id": house.room.pk, "person_id": house.people["ben"].pk, "count": 55, "reason": ""}
    entry = await sync_to_async(removals.clear)(by=house.actor("mo"), **clear)
    mo = await connect(house.people["mo"])
    await mo.command("act.undo", entry=entry.pk)
    last = (await mo.command("room.history", room=house.room.pk))["seq"]
    while True:
        event = await eve.event("message")
        held[event["message"]["id"]] = event["message"]
        if event["seq"] == last:
            break
    fetched = (await eve.command("room.history", room=house.room.pk, limit=100))["messages"]
    assert sorted(held.values(), key=lambda one: one["seq"]) == fetched
    assert not await Restriction.objects.aexists()
