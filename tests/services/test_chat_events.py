"""What chat tells the rest of the site: heard by a receiver, inside the transaction of the cause."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from chat import events, protocol, selectors
from chat.events import Added, ChatEvent, Deleted, Edited, Left, Posted, Read, RoomRef
from chat.models import Membership, Message, Room
from chat.services import blocks, direct, invitations, messages, rooms
from chat.services.messages import Draft, post, post_batch
from realtime_site.accounts.models import User
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db


class House:
    """Alice owns the room; Bob and Carol are in it."""

    def __init__(self) -> None:
        self.alice, self.bob, self.carol = (make_user(name, display_name=name.title()) for name in NAMES)
        self.room = make_room("general", self.alice, self.bob, self.carol)


NAMES = ("alice", "bob", "carol")


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def heard(house: House) -> Iterator[list[Sequence[ChatEvent]]]:
    """What was told, each time it was."""
    calls: list[Sequence[ChatEvent]] = []

    def listen(events: Sequence[ChatEvent], **_: Any) -> None:
        assert connection.in_atomic_block
        calls.append(events)

    events.happened.connect(listen)
    yield calls
    events.happened.disconnect(listen)


Heard = list[Sequence[ChatEvent]]


def say(room: Room, author: User, body: str, reply_to: int | None = None, *online: User) -> protocol.Message:
    return post(Draft(room.pk, author.pk, uuid4(), body, None, reply_to, frozenset(user.pk for user in online)))


def last(heard: Heard) -> Any:
    """The one event of the last telling."""
    (event,) = heard[-1]
    return event


def test_a_message_is_told_even_if_it_concerns_nobody(house: House, heard: Heard) -> None:
    sent = say(house.room, house.bob, "just **saying**")
    assert heard == [
        [
            Posted(
                message_id=sent.id,
                room=RoomRef(house.room.pk, "general", "general", "public"),
                seq=sent.seq,
                author_id=house.bob.pk,
                author_name="Bob",
                text="just saying",
            )
        ]
    ]


def test_a_batch_is_told_at_once_in_order_without_what_was_refused(house: House, heard: Heard) -> None:
    drafts = [Draft(house.room.pk, user.pk, uuid4(), "x") for user in (house.bob, house.carol)]
    post_batch([drafts[0], Draft(999_999, house.bob.pk, uuid4(), "x"), drafts[1]])
    assert [event.author_id for event in heard[0] if isinstance(event, Posted)] == [house.bob.pk, house.carol.pk]
    post_batch(drafts)  # a retry is not posted again
    assert len(heard) == 1


def test_each_is_concerned_by_the_strongest_reason(house: House, heard: Heard) -> None:
    asked = say(house.room, house.bob, "Who?")
    say(house.room, house.carol, "Me", asked.id)
    assert last(heard).concerns == {house.bob.pk: "replied"}
    say(house.room, house.carol, "@bob me", asked.id)
    assert last(heard).concerns == {house.bob.pk: "named"}
    say(house.room, house.alice, "@room", asked.id)
    assert last(heard).concerns == {house.bob.pk: "replied", house.carol.pk: "room"}
    say(house.room, house.alice, "@online @carol", None, house.bob, house.carol)
    assert last(heard).concerns == {house.bob.pk: "online", house.carol.pk: "named"}


def test_nobody_is_concerned_by_their_own_words(house: House, heard: Heard) -> None:
    own = say(house.room, house.alice, "@alice")
    assert last(heard).concerns == {}
    say(house.room, house.alice, "more", own.id)
    assert last(heard).concerns == {}


def test_an_answer_to_somebody_who_has_left_concerns_nobody(house: House, heard: Heard) -> None:
    asked = say(house.room, house.bob, "Who?")
    rooms.leave(user_id=house.bob.pk, room_id=house.room.pk)
    say(house.room, house.carol, "Me", asked.id)
    assert last(heard).concerns == {}


def test_in_a_conversation_everybody_else_is_concerned(house: House, heard: Heard) -> None:
    group = direct.open_with(user_id=house.alice.pk, people=[house.bob.pk, house.carol.pk])
    room = Room.objects.get(pk=group.id)
    assert heard == []
    say(room, house.alice, "hello")
    assert last(heard).concerns == {house.bob.pk: "direct", house.carol.pk: "direct"}
    say(room, house.bob, "hello")
    told = last(heard)
    assert told.room == RoomRef(room.pk, room.slug, "", "direct")
    assert told.concerns == {house.alice.pk: "direct", house.carol.pk: "direct"}
    say(room, house.bob, "@carol hello")
    assert last(heard).concerns == {house.alice.pk: "direct", house.carol.pk: "named"}


def test_those_who_have_blocked_the_author_are_told_apart(house: House, heard: Heard) -> None:
    blocks.block(user_id=house.alice.pk, person_id=house.bob.pk)
    blocks.block(user_id=house.bob.pk, person_id=house.carol.pk)
    say(house.room, house.bob, "@alice @carol")
    assert last(heard).ignored_by == {house.alice.pk}
    say(house.room, house.bob, "@carol")
    assert last(heard).ignored_by == frozenset()


def test_the_text_is_plain_and_short(house: House, heard: Heard) -> None:
    say(house.room, house.bob, "<b>&amp;</b> " + "word " * 200)
    assert last(heard).text.startswith("<b>&</b> word")
    assert len(last(heard).text) <= 300


def test_system_messages_are_not_told(house: House, heard: Heard) -> None:
    late = make_user("late")
    rooms.join(user_id=late.pk, room_id=house.room.pk)
    assert heard == []


def test_an_edit_tells_how_it_stands_and_whom_it_no_longer_concerns(house: House, heard: Heard) -> None:
    sent = say(house.room, house.alice, "@bob")
    messages.edit(user_id=house.alice.pk, message_id=sent.id, body="@carol")
    told = last(heard)
    assert isinstance(told, Edited)
    assert (told.posted.message_id, told.posted.seq, told.posted.text) == (sent.id, sent.seq, "@carol")
    assert told.posted.concerns == {house.carol.pk: "named"}
    assert told.no_longer == {house.bob.pk}
    messages.edit(user_id=house.alice.pk, message_id=sent.id, body="@room")
    assert (last(heard).posted.concerns, last(heard).no_longer) == (
        {house.bob.pk: "room", house.carol.pk: "room"},
        frozenset(),
    )
    messages.edit(user_id=house.alice.pk, message_id=sent.id, body="nobody")
    assert (last(heard).posted.concerns, last(heard).no_longer) == ({}, {house.bob.pk, house.carol.pk})
    told_so_far = len(heard)
    messages.edit(user_id=house.alice.pk, message_id=sent.id, body="nobody")
    assert len(heard) == told_so_far


def test_whom_an_answer_or_a_conversation_concerns_an_edit_does_not_change(house: House, heard: Heard) -> None:
    asked = say(house.room, house.bob, "Who?")
    reply = say(house.room, house.carol, "@bob me", asked.id)
    messages.edit(user_id=house.carol.pk, message_id=reply.id, body="me")
    assert (last(heard).posted.concerns, last(heard).no_longer) == ({house.bob.pk: "replied"}, frozenset())


def test_a_deletion_is_told_once(house: House, heard: Heard) -> None:
    sent = say(house.room, house.alice, "@bob")
    for _ in range(2):
        messages.delete(user_id=house.alice.pk, message_id=sent.id)
    assert heard[1:] == [[Deleted(sent.id, house.room.pk)]]


def test_reading_is_told_whether_or_not_the_mark_moves(house: House, heard: Heard) -> None:
    sent = say(house.room, house.alice, "hello")
    heard.clear()
    for seq in (10_000, sent.seq, 1):
        rooms.read(user_id=house.bob.pk, room_id=house.room.pk, seq=seq)
    assert heard == [[Read(house.bob.pk, house.room.pk, sent.seq)]] * 3


def test_being_brought_in_is_told_and_coming_by_oneself_is_not(house: House, heard: Heard) -> None:
    dora, emil = make_user("dora"), make_user("emil")
    private = make_room("secret", house.alice, kind="private")
    for _ in range(2):
        rooms.add(by_id=house.alice.pk, room_id=private.pk, user_id=dora.pk)
    assert heard == [[Added(dora.pk, RoomRef(private.pk, "secret", "secret", "private"), house.alice.pk, "Alice")]]
    link = invitations.create(user_id=house.alice.pk, room_id=private.pk)
    invitations.accept(code=link.code, user_id=emil.pk)
    rooms.join(user_id=emil.pk, room_id=house.room.pk)
    assert len(heard) == 1


def test_leaving_is_told(house: House, heard: Heard) -> None:
    rooms.leave(user_id=house.bob.pk, room_id=house.room.pk)
    assert heard == [[Left(house.bob.pk, house.room.pk)]]


class BrokenError(Exception):
    pass


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_raises_takes_the_cause_with_it(house: House) -> None:
    dora = make_user("dora")
    sent = say(house.room, house.bob, "before")

    def state() -> Any:
        room = Room.objects.get(pk=house.room.pk)
        members = sorted(Membership.objects.filter(room=room).values_list("user", "last_read"))
        said = list(Message.objects.filter(room=room).order_by("seq").values_list("body", "changed", "deleted_at"))
        return room.head, members, said

    before = state()
    attempts: list[Callable[[], Any]] = [
        lambda: say(house.room, house.alice, "@room"),
        lambda: messages.edit(user_id=house.bob.pk, message_id=sent.id, body="after"),
        lambda: messages.delete(user_id=house.bob.pk, message_id=sent.id),
        lambda: rooms.read(user_id=house.carol.pk, room_id=house.room.pk, seq=sent.seq),
        lambda: rooms.add(by_id=house.alice.pk, room_id=house.room.pk, user_id=dora.pk),
        lambda: rooms.leave(user_id=house.carol.pk, room_id=house.room.pk),
    ]
    assert not transaction.get_connection().in_atomic_block

    def fail(**_: Any) -> None:
        raise BrokenError

    events.happened.connect(fail)
    try:
        for attempt in attempts:
            with pytest.raises(BrokenError):
                attempt()
    finally:
        events.happened.disconnect(fail)
    assert state() == before
    assert selectors.room_of(user_id=house.carol.pk, room_id=house.room.pk).mentions == 0
    say(house.room, house.alice, "and on it goes")
