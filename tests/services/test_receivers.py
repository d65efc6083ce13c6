"""What chat tells becomes notifications, in the transaction of its cause."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import events
from chat.events import Added, Concern, Deleted, Edited, Left, Posted, Read, RoomRef
from chat.models import Block
from chat.services import rooms
from notifications import explain, selectors
from notifications.kinds import Channel
from notifications.models import Delivery, Device, Level, Notification
from notifications.services import preferences
from realtime_site.accounts.models import User
from realtime_site.live.errors import ClientError
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db


class House:
    """Alice owns `general`, Bob and Carol are in it; Mallory is not."""

    def __init__(self) -> None:
        self.alice, self.bob, self.carol, self.mallory = map(make_user, ("alice", "bob", "carol", "mallory"))
        self.room = make_room("general", self.alice, self.bob, self.carol)
        self.ref = RoomRef(self.room.pk, "general", "general", "public")
        self.scope = f"room:{self.room.pk}"

    def posted(self, concerns: Mapping[int, Concern] | None = None, *, number: int = 7, **fields: Any) -> Posted:
        given = {"text": "hello", "room": self.ref, "author_id": self.alice.pk, "author_name": "Alice"} | fields
        return Posted(message_id=number, seq=number, concerns=concerns or {}, **given)


@pytest.fixture
def house() -> House:
    return House()


def make_device(user: User) -> Device:
    return Device.objects.create(user=user, endpoint="https://push.example.org/x", endpoint_hash="x", name="Firefox")


def listed(user: User) -> list[tuple[str, str, str]]:
    return [(one.kind, one.title, one.body) for one in selectors.page(user_id=user.pk).notifications]


@pytest.mark.parametrize(
    ("concern", "kind", "title", "direct_title"),
    [
        ("named", "mention", "Alice mentioned you in general", "Alice mentioned you"),
        ("replied", "reply", "Alice replied to you in general", "Alice replied to you"),
        ("room", "mention", "Alice called everybody in general", "Alice called everybody"),
        ("online", "mention", "Alice called all who are online in general", "Alice called all who are online"),
    ],
)
def test_a_message_is_told_to_whom_it_concerns(
    house: House, concern: Concern, kind: str, title: str, direct_title: str
) -> None:
    direct = RoomRef(house.room.pk, "direct-1", "", "direct")
    events.tell([house.posted({house.bob.pk: concern}), house.posted({house.carol.pk: concern}, number=8, room=direct)])
    assert listed(house.bob) == [(kind, title, "hello")]
    assert listed(house.carol) == [(kind, direct_title, "hello")]
    row = Notification.objects.get(user=house.bob)
    assert (row.scope, row.tag, row.position, row.target) == (house.scope, house.scope, 7, "chat.message:7")
    assert (row.url, row.actor, row.dedupe_key) == ("/rooms/general/7/", house.alice, "chat.message:7")


def test_a_direct_message_is_told_and_levels_begin_with_everything(house: House) -> None:
    direct = RoomRef(house.room.pk, "direct-1", "", "direct")
    events.tell([house.posted({house.bob.pk: "direct"}, room=direct)])
    assert listed(house.bob) == [("direct", "Alice", "hello")]


def test_nothing_silences_mentions_too(house: House) -> None:
    preferences.set_level(user_id=house.bob.pk, scope=house.scope, level="nothing")
    events.tell([house.posted({house.bob.pk: "named", house.carol.pk: "named"})])
    assert listed(house.bob) == []
    assert len(listed(house.carol)) == 1
    assert Notification.objects.get(user=house.bob).why["push"] == ["skip", "level"]


def test_whoever_blocked_the_author_hears_nothing(house: House) -> None:
    concerns: dict[int, Concern] = {house.bob.pk: "named", house.carol.pk: "named"}
    events.tell([house.posted(concerns, ignored_by=frozenset({house.bob.pk}))])
    assert (listed(house.bob), len(listed(house.carol))) == ([], 1)
    assert Notification.objects.get(user=house.bob).why["app"] == ["skip", "blocked"]


def test_everything_is_told_to_those_who_follow_but_not_to_strangers(house: House) -> None:
    for user in (house.alice, house.bob, house.carol):
        preferences.set_level(user_id=user.pk, scope=house.scope, level="everything")
    with pytest.raises(ClientError, match="hear of"):
        preferences.set_level(user_id=house.mallory.pk, scope=house.scope, level="everything")
    Level.objects.create(user=house.mallory, scope=house.scope, value="everything")  # as if left over
    Block.objects.create(blocker=house.carol, blocked=house.alice)
    events.tell([house.posted()])
    assert listed(house.bob) == [("message", "Alice in general", "hello")]
    assert not Notification.objects.exclude(user=house.bob).exists()


def test_a_message_that_concerns_nobody_costs_one_query(house: House) -> None:
    with CaptureQueriesContext(connection) as queries:
        events.tell([house.posted(number=number) for number in range(2, 52)])
    assert len(queries) == 1


def test_an_edit_tells_those_it_names_now_and_withdraws_from_those_it_names_no_more(house: House) -> None:
    events.tell([house.posted({house.bob.pk: "named", house.carol.pk: "named"})])
    edited = house.posted({house.carol.pk: "named", house.mallory.pk: "named"}, text="other words")
    events.tell([Edited(edited, no_longer=frozenset({house.bob.pk}))])
    assert listed(house.bob) == []
    assert listed(house.carol) == [("mention", "Alice mentioned you in general", "other words")]
    assert listed(house.mallory) == [("mention", "Alice mentioned you in general", "other words")]
    assert Notification.objects.get(user=house.carol).changed == 2
    gone = selectors.changes(user_id=house.bob.pk, after=1)
    assert [(one.title, one.body, one.url, one.actor) for one in gone.notifications] == [("", "", "", None)]
    assert (gone.seq, gone.unread) == (2, 0)


def edit(house: House, concerns: Mapping[int, Concern], *, no_longer: set[int] | None = None, **fields: Any) -> None:
    events.tell([Edited(house.posted(concerns, text="other words", **fields), no_longer=frozenset(no_longer or ()))])


def test_a_name_that_an_edit_takes_away_and_gives_back_is_told_again(house: House) -> None:
    events.tell([house.posted({house.bob.pk: "named"})])
    make_device(house.bob)
    edit(house, {}, no_longer={house.bob.pk})
    edit(house, {house.bob.pk: "named"})
    assert listed(house.bob) == [("mention", "Alice mentioned you in general", "other words")]
    row = Notification.objects.get(user=house.bob)
    assert (row.seq, row.changed, row.actor, row.withdrawn_at) == (3, 3, house.alice, None)
    assert selectors.unread_of(house.bob.pk) == 1
    assert Delivery.objects.filter(channel="push", state="waiting").count() == 1


@pytest.mark.parametrize("channel", ["app", "push"])
def test_whoever_follows_is_told_that_an_edit_names_them(house: House, channel: Channel) -> None:
    """Also where nothing was shown of it before; and what waits of it is sent once."""
    make_device(house.bob)
    preferences.set_level(user_id=house.bob.pk, scope=house.scope, level="everything")
    preferences.set_switch(user_id=house.bob.pk, kind="message", channel=channel, on=False)
    events.tell([house.posted()])
    edit(house, {house.bob.pk: "named"})
    assert listed(house.bob) == [("mention", "Alice mentioned you in general", "other words")]
    assert Delivery.objects.filter(channel="push", state="waiting").count() == 1


def test_what_is_seen_is_not_hidden_by_an_edit(house: House) -> None:
    preferences.set_level(user_id=house.bob.pk, scope=house.scope, level="everything")
    preferences.set_switch(user_id=house.bob.pk, kind="mention", channel="app", on=False)
    events.tell([house.posted()])
    edit(house, {house.bob.pk: "named"})
    assert listed(house.bob) == [("message", "Alice in general", "other words")]


def test_whoever_follows_keeps_what_names_them_no_more(house: House) -> None:
    preferences.set_level(user_id=house.bob.pk, scope=house.scope, level="everything")
    events.tell([house.posted({house.bob.pk: "named"})])
    edit(house, {}, no_longer={house.bob.pk})
    assert listed(house.bob) == [("message", "Alice in general", "other words")]


def test_whoever_followed_reads_what_an_edit_says(house: House) -> None:
    preferences.set_level(user_id=house.bob.pk, scope=house.scope, level="everything")
    events.tell([house.posted()])
    preferences.set_level(user_id=house.bob.pk, scope=house.scope, level="mentions")
    edit(house, {})
    assert listed(house.bob) == [("message", "Alice in general", "other words")]


def test_an_edit_that_names_the_same_people_decides_nothing_anew(house: House) -> None:
    preferences.set_level(user_id=house.carol.pk, scope=house.scope, level="nothing")
    events.tell([house.posted({house.bob.pk: "named", house.carol.pk: "named"})])
    preferences.set_level(user_id=house.carol.pk, scope=house.scope, level="mentions")
    edit(house, {house.bob.pk: "named", house.carol.pk: "named"})
    assert listed(house.carol) == []
    assert Notification.objects.get(user=house.bob).seq == 1


def test_a_batch_is_in_an_inbox_in_its_order(house: House) -> None:
    preferences.set_level(user_id=house.bob.pk, scope=house.scope, level="everything")
    events.tell([house.posted(text="one"), house.posted({house.bob.pk: "named"}, number=8, text="two")])
    assert list(Notification.objects.order_by("seq").values_list("body", flat=True)) == ["one", "two"]


def test_coming_and_going_leaves_one_invitation(house: House) -> None:
    for _ in range(3):
        events.tell([Added(house.mallory.pk, house.ref, house.alice.pk, "Alice")])
        events.tell([Left(house.mallory.pk, house.room.pk)])
    events.tell([Added(house.mallory.pk, house.ref, house.alice.pk, "Alice")])
    assert listed(house.mallory) == [("invitation", "Alice brought you into general", "")]
    assert Notification.objects.filter(user=house.mallory).count() == 1


def test_whoever_wrote_it_is_told_that_they_did(house: House) -> None:
    events.tell([house.posted({house.bob.pk: "named"})])
    said = explain.why(user_id=house.alice.pk, target="chat.message:7")
    assert {(reason.outcome, reason.rule) for reason in said.reasons} == {("skipped", "own")}
    said = explain.why(user_id=house.carol.pk, target="chat.message:7")
    assert {reason.rule for reason in said.reasons} == {"level"}


def test_a_deleted_message_leaves_no_word(house: House) -> None:
    events.tell([house.posted({house.bob.pk: "named", house.carol.pk: "replied"})])
    events.tell([Deleted(7, house.room.pk)])
    assert listed(house.bob) == listed(house.carol) == []
    assert not Notification.objects.exclude(title="", body="", url="").exists()


def test_reading_the_room_reads_what_was_told_of_it_up_to_there(house: House) -> None:
    events.tell([house.posted({house.bob.pk: "named"}, number=number) for number in (7, 8, 9)])
    events.tell([Read(house.bob.pk, house.room.pk, 8)])
    assert [one.position for one in selectors.page(user_id=house.bob.pk, view="unread").notifications] == [9]
    with CaptureQueriesContext(connection) as queries:
        events.tell([Read(house.bob.pk, house.room.pk, 8)])
    assert len(queries) == 1


def test_whoever_leaves_keeps_nothing_of_the_room(house: House) -> None:
    """I6: read or not, and whatever they ask for."""
    preferences.set_level(user_id=house.bob.pk, scope=house.scope, level="everything")
    events.tell([house.posted({house.bob.pk: "named"}, number=number, text="secret") for number in (7, 8)])
    events.tell([Read(house.bob.pk, house.room.pk, 7)])
    events.tell([Left(house.bob.pk, house.room.pk)])
    assert listed(house.bob) == []
    assert not Level.objects.exists()
    said = str(selectors.changes(user_id=house.bob.pk, after=0)) + str(list(Notification.objects.values()))
    assert "secret" not in said
    assert "Alice mentioned" not in said
    events.tell([house.posted(number=9, text="secret")])
    assert Notification.objects.count() == 2


def test_an_invitation_is_read_by_looking_at_the_room(house: House) -> None:
    rooms.add(by_id=house.alice.pk, room_id=house.room.pk, user_id=house.mallory.pk)
    assert selectors.unread_of(house.mallory.pk) == 1
    rooms.read(user_id=house.mallory.pk, room_id=house.room.pk, seq=1)
    assert selectors.unread_of(house.mallory.pk) == 0


def test_being_brought_into_a_room_is_told_until_it_is_opened(house: House) -> None:
    events.tell([Added(house.mallory.pk, house.ref, house.alice.pk, "Alice")])
    assert listed(house.mallory) == [("invitation", "Alice brought you into general", "")]
    events.tell([Read(house.mallory.pk, house.room.pk, 1)])
    assert selectors.unread_of(house.mallory.pk) == 0
