"""Conversations of a few people: one for the same people, closed to all others, ended by a block."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from chat import catchup, events, history, people, protocol, selectors
from chat.models import Block, Membership, Message, Room
from chat.services import blocks, direct, invitations, messages, rooms
from chat.services.messages import Draft, post, post_batch
from realtime_site.accounts.models import User
from realtime_site.live import topics
from realtime_site.live.errors import ClientError
from tests.factories import make_room, make_user, rename

pytestmark = pytest.mark.django_db


def conversation(*everybody: User) -> Room:
    first, *others = everybody
    return Room.objects.get(pk=direct.open_with(user_id=first.pk, people=[user.pk for user in others]).id)


def talk(*everybody: User) -> Room:
    """A conversation that all of them have opened."""
    return next(iter([conversation(one, *everybody) for one in everybody]))


def say(room: Room, author: User, body: str = "hello") -> protocol.Message:
    return post(Draft(room.pk, author.pk, uuid4(), body))


def refused(attempt: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        attempt()
    return caught.value.code


def test_the_same_people_have_one_conversation_whoever_opens_it_in_whatever_order() -> None:
    alice, bob, carol = make_user("alice"), make_user("bob"), make_user("carol")
    pair = conversation(alice, bob)
    assert conversation(bob, alice) == pair
    group = conversation(carol, alice, bob)
    assert conversation(bob, carol, alice, bob) == group != pair
    assert Room.objects.filter(kind="direct").count() == 2
    assert set(group.members.all()) == {bob, carol}
    say(group, bob)
    assert set(group.members.all()) == {alice, bob, carol}
    assert {membership.role for membership in Membership.objects.filter(room=group)} == {"member"}


def test_nothing_is_said_in_it_until_somebody_does() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = talk(alice, bob)
    assert not Message.objects.filter(room=room).exists()
    assert room.head == 0
    assert say(room, bob).seq == 1


def test_its_address_cannot_be_guessed_and_names_nobody() -> None:
    alice, bob, carol = make_user("alice"), make_user("bob"), make_user("carol")
    slugs = {conversation(alice, bob).slug, conversation(alice, carol).slug}
    assert len(slugs) == 2
    for slug in slugs:
        assert slug.startswith("direct-")
        assert len(slug) == len("direct-") + 16
        int(slug.removeprefix("direct-"), 16)


def test_up_to_eight_others_talk_and_nine_do_not() -> None:
    first, *others = [make_user(f"user{number}") for number in range(10)]
    assert refused(lambda: conversation(first, *others)) == "invalid"
    assert say(conversation(first, *others[:8]), first).seq == 1
    assert Membership.objects.count() == 9


def test_nobody_talks_to_an_account_that_is_not_active() -> None:
    alice, gone = make_user("alice"), make_user("gone", is_active=False)
    assert refused(lambda: conversation(alice, gone)) == "not_found"
    assert refused(lambda: direct.open_with(user_id=alice.pk, people=[999_999])) == "not_found"
    assert not Room.objects.filter(kind="direct").exists()


def test_everybody_sees_it_under_the_others_names() -> None:
    alice, bob, carol = make_user("alice"), make_user("bob", display_name="Bob B."), make_user("carol")
    room = talk(alice, bob, carol)
    names = {user: selectors.room_of(user_id=user.pk, room_id=room.pk).name for user in (alice, bob, carol)}
    assert names == {alice: "Bob B., carol", bob: "alice, carol", carol: "alice, Bob B."}


def test_all_rooms_of_a_person_with_conversations_take_two_queries(django_assert_num_queries: Any) -> None:
    alice = make_user("alice")
    make_room("general", alice)
    for number in range(4):
        say(conversation(alice, make_user(f"user{number}"), make_user(f"other{number}")), alice)
    with django_assert_num_queries(2):
        found = selectors.rooms_of(alice.pk)
    assert [room.kind for room in found] == ["public", *["direct"] * 4]


def test_it_is_never_widened_renamed_or_left() -> None:
    alice, bob, carol = make_user("alice"), make_user("bob"), make_user("carol")
    room = talk(alice, bob)
    Membership.objects.filter(user=alice).update(role="owner")  # not even then
    for attempt in (
        lambda: rooms.add(by_id=alice.pk, room_id=room.pk, user_id=carol.pk),
        lambda: rooms.leave(user_id=alice.pk, room_id=room.pk),
        lambda: rename(alice, room.pk, name="Us", topic=""),
        lambda: invitations.create(user_id=alice.pk, room_id=room.pk),
    ):
        assert refused(attempt) == "forbidden"
    assert set(room.members.all()) == {alice, bob}


def test_for_all_others_it_is_not_there() -> None:
    alice, bob, mallory = make_user("alice"), make_user("bob"), make_user("mallory", is_superuser=True)
    room = conversation(alice, bob)
    sent = say(room, alice)
    for attempt in (
        lambda: say(room, mallory),
        lambda: history.page(user_id=mallory.pk, room_id=room.pk),
        lambda: history.changes(user_id=mallory.pk, room_id=room.pk, after=0),
        lambda: selectors.members(user_id=mallory.pk, room_id=room.pk, online_ids=[]),
        lambda: rooms.read(user_id=mallory.pk, room_id=room.pk, seq=1),
        lambda: rooms.join(user_id=mallory.pk, room_id=room.pk),
        lambda: rooms.leave(user_id=mallory.pk, room_id=room.pk),
        lambda: rooms.add(by_id=mallory.pk, room_id=room.pk, user_id=mallory.pk),
        lambda: invitations.create(user_id=mallory.pk, room_id=room.pk),
        lambda: messages.edit(user_id=mallory.pk, message_id=sent.id, body="x"),
    ):
        assert refused(attempt) == "not_found"
    assert list(selectors.directory(user_id=mallory.pk)) == []
    assert list(selectors.directory(user_id=alice.pk)) == []
    assert list(selectors.directory(user_id=alice.pk, query="direct")) == []


@pytest.mark.django_db(transaction=True)
def test_two_people_who_open_it_at_once_open_one() -> None:
    everybody = [make_user(f"user{number}") for number in range(4)]
    gate = threading.Barrier(len(everybody))
    opened: list[int] = []
    failures: list[BaseException] = []

    def work(user: User) -> None:
        try:
            gate.wait(30)
            opened.append(direct.open_with(user_id=user.pk, people=[one.pk for one in everybody]).id)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(user,)) for user in everybody]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(opened) == len(everybody)
    assert len(set(opened)) == 1
    assert Room.objects.filter(kind="direct").count() == 1
    assert Membership.objects.filter(room=opened[0]).count() == len(everybody)


# --- Many of them ----------------------------------------------------------------------------------------------------


def shown(user: User) -> set[int]:
    """The conversations that the person's pages and sockets show; both the same."""
    listed = {room.id for room in selectors.rooms_of(user.pk) if room.kind == "direct"}
    heard = {topics.room_id(topic) for topic in catchup.allowed([user.pk]).get(user.pk, {})}
    assert listed == heard - {room.pk for room in Room.objects.exclude(kind="direct")}
    return listed


def test_empty_conversations_are_there_for_who_opened_them_alone() -> None:
    alice, mallory, helper = make_user("alice"), make_user("mallory"), make_user("helper")
    pair, group = conversation(mallory, alice), conversation(mallory, alice, helper)
    assert shown(mallory) == {pair.pk, group.pk}
    assert shown(alice) == set()
    assert conversation(alice, mallory) == pair
    assert shown(alice) == {pair.pk}
    say(group, mallory)
    assert shown(alice) == {pair.pk, group.pk}
    assert selectors.room_of(user_id=alice.pk, room_id=group.pk).unread == 1


def test_the_people_of_a_conversation_are_its_members_before_anything_is_said() -> None:
    alice, bob, carol = make_user("alice"), make_user("bob"), make_user("carol")
    room = conversation(alice, bob, carol)
    listed = selectors.members(user_id=alice.pk, room_id=room.pk, online_ids=[carol.pk])
    assert [(one.username, one.online) for one in listed] == [("carol", True), ("alice", False), ("bob", False)]


def test_the_newest_are_shown_and_an_older_one_comes_back_when_something_is_said_or_it_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "CONVERSATIONS", 3)
    alice, other = make_user("alice"), make_user("other")
    make_room("general", alice)
    talks = [conversation(alice, make_user(f"user{number}")) for number in range(5)]
    for room in talks:
        say(room, alice)
    first, second, third, fourth, fifth = (room.pk for room in talks)
    assert shown(alice) == {third, fourth, fifth}
    assert shown(other) == set()
    say(talks[0], alice)
    assert shown(alice) == {first, fourth, fifth}
    assert conversation(alice, User.objects.get(username="user1")).pk == second
    assert shown(alice) == {first, second, fifth}


# --- Blocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blocker", ["alice", "bob"])
def test_while_one_of_two_blocks_the_other_nothing_is_said_between_them(blocker: str) -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = talk(alice, bob)
    sent = say(room, bob)
    who, whom = (alice, bob) if blocker == "alice" else (bob, alice)
    assert blocks.block(user_id=who.pk, person_id=whom.pk) == [whom.pk]
    for attempt in (
        lambda: say(room, alice),
        lambda: say(room, bob),
        lambda: messages.edit(user_id=bob.pk, message_id=sent.id, body="something else"),
        lambda: conversation(alice, bob),
        lambda: conversation(bob, alice),
    ):
        assert refused(attempt) == "forbidden"
    messages.delete(user_id=bob.pk, message_id=sent.id)
    assert history.page(user_id=alice.pk, room_id=room.pk).messages
    assert blocks.unblock(user_id=whom.pk, person_id=who.pk) == []  # only who blocked can take it back
    assert refused(lambda: say(room, bob)) == "forbidden"
    assert blocks.unblock(user_id=who.pk, person_id=whom.pk) == []
    assert say(room, bob).seq == 3


def test_a_block_of_somebody_else_changes_nothing() -> None:
    alice, bob, carol = make_user("alice"), make_user("bob"), make_user("carol")
    room = conversation(alice, bob)
    blocks.block(user_id=alice.pk, person_id=carol.pk)
    blocks.block(user_id=carol.pk, person_id=bob.pk)
    say(room, alice)
    say(room, bob)


def test_in_rooms_and_groups_a_block_stops_nobody_but_no_new_group_is_made() -> None:
    alice, bob, carol, dora = (make_user(name) for name in ("alice", "bob", "carol", "dora"))
    room, group = make_room("general", alice, bob), talk(alice, bob, carol)
    say(group, carol)
    blocks.block(user_id=alice.pk, person_id=bob.pk)
    say(room, bob)
    say(group, bob)
    assert conversation(bob, carol, alice) == group
    assert refused(lambda: conversation(alice, bob, dora)) == "forbidden"
    assert refused(lambda: conversation(bob, alice, dora)) == "forbidden"
    say(conversation(dora, alice, bob), dora)  # she has blocked nobody


@pytest.mark.parametrize("blocker", ["alice", "mallory"])
def test_nobody_is_brought_into_a_room_across_a_block(blocker: str) -> None:
    alice, mallory = make_user("alice"), make_user("mallory")
    who, whom = (alice, mallory) if blocker == "alice" else (mallory, alice)
    blocks.block(user_id=who.pk, person_id=whom.pk)
    room = make_room("insult", mallory, kind="private")
    assert refused(lambda: rooms.add(by_id=mallory.pk, room_id=room.pk, user_id=alice.pk)) == "forbidden"
    assert set(room.members.all()) == {mallory}
    blocks.unblock(user_id=who.pk, person_id=whom.pk)
    rooms.add(by_id=mallory.pk, room_id=room.pk, user_id=alice.pk)


def test_those_whom_one_has_blocked_call_nobody_until_it_is_taken_back() -> None:
    alice, bob, mallory = make_user("alice"), make_user("bob"), make_user("mallory")
    room = make_room("general", mallory, alice, bob)
    say(room, mallory, "@room hear, hear")
    say(room, mallory, "@alice you above all")
    say(room, bob, "@alice mind the gap")

    def mentions() -> Any:
        return selectors.room_of(user_id=alice.pk, room_id=room.pk).mentions

    assert mentions() == 3
    blocks.block(user_id=alice.pk, person_id=mallory.pk)
    say(room, mallory, "@alice again")
    assert mentions() == 1
    assert selectors.room_of(user_id=bob.pk, room_id=room.pk).mentions == 1
    blocks.unblock(user_id=alice.pk, person_id=mallory.pk)
    assert mentions() == 4


def test_who_is_blocked_after_opening_a_group_begins_nothing_in_it() -> None:
    alice, bob, carol = make_user("alice"), make_user("bob"), make_user("carol")
    group = conversation(bob, alice, carol)
    blocks.block(user_id=alice.pk, person_id=bob.pk)
    assert refused(lambda: say(group, bob)) == "forbidden"
    assert set(group.members.all()) == {bob}
    say(conversation(carol, alice, bob), carol)
    assert set(group.members.all()) == {alice, bob, carol}


def test_what_is_refused_brings_nobody_in() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = conversation(alice, bob)
    assert refused(lambda: post(Draft(room.pk, alice.pk, uuid4(), "x", None, 999_999))) == "not_found"
    assert refused(lambda: say(room, bob)) == "not_found"
    assert set(room.members.all()) == {alice}


def test_a_retry_of_what_was_said_before_the_block_gets_its_answer() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = talk(alice, bob)
    draft = Draft(room.pk, bob.pk, uuid4(), "hello")
    first = post(draft)
    blocks.block(user_id=alice.pk, person_id=bob.pk)
    assert post(draft) == first


def test_one_blocked_conversation_does_not_touch_the_others_of_a_batch() -> None:
    alice, bob, carol = make_user("alice"), make_user("bob"), make_user("carol")
    shut, free = conversation(alice, bob), conversation(alice, carol)
    blocks.block(user_id=bob.pk, person_id=alice.pk)
    outcomes = post_batch([Draft(room.pk, alice.pk, uuid4(), "x") for room in (shut, free, shut, free)])
    assert [isinstance(outcome, protocol.Message) for outcome in outcomes] == [False, True, False, True]


def test_nobody_blocks_themselves_or_nobody_and_blocking_twice_is_blocking_once() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    assert refused(lambda: blocks.block(user_id=alice.pk, person_id=alice.pk)) == "invalid"
    assert refused(lambda: blocks.block(user_id=alice.pk, person_id=999_999)) == "not_found"
    for _ in range(2):
        assert blocks.block(user_id=alice.pk, person_id=bob.pk) == [bob.pk]
    assert Block.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_block_waits_for_what_is_being_written_and_lets_nothing_in_afterwards() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = talk(alice, bob)
    head_at_block: list[int] = []

    def block() -> None:
        blocks.block(user_id=alice.pk, person_id=bob.pk)
        head_at_block.append(Room.objects.get(pk=room.pk).head)
        connections.close_all()

    blocker = threading.Thread(target=block)

    def while_it_is_written(**_: Any) -> None:
        blocker.start()
        blocker.join(0.5)  # it would be done by then, did it not wait
        assert blocker.is_alive()

    events.happened.connect(while_it_is_written)
    try:
        sent = say(room, bob)
    finally:
        events.happened.disconnect(while_it_is_written)
    blocker.join(30)
    assert head_at_block == [sent.seq]
    assert refused(lambda: say(room, bob)) == "forbidden"


# --- Finding people --------------------------------------------------------------------------------------------------


def found(user: User, query: str) -> list[str]:
    return [person.username for person in people.find(user_id=user.pk, query=query)]


def test_people_are_found_by_the_beginning_of_a_username_or_of_a_word_of_a_name() -> None:
    alice = make_user("alice")
    make_user("bob", display_name="Robert Stone")
    make_user("stella")
    make_user("gone", display_name="Stone", is_active=False)
    make_user("per_cent", display_name="100%")
    assert found(alice, "sto") == ["bob"]
    assert found(alice, "st") == ["stella", "bob"]  # a username first
    assert found(alice, "ROBERT  st") == ["bob"]
    assert found(alice, "tone") == found(alice, "ali") == found(alice, "gone") == []
    assert found(alice, "%") == found(alice, "b_b") == found(alice, "b%") == []
    assert found(alice, "per_") == found(alice, "100%") == ["per_cent"]


def test_no_more_than_ten_are_found() -> None:
    alice = make_user("alice")
    for number in range(12):
        make_user(f"bob{number}")
    assert len(found(alice, "bob")) == 10


def test_without_a_query_those_talked_to_last_come_first_then_those_near() -> None:
    alice, bob, carol, dora, near = (make_user(name) for name in ("alice", "bob", "carol", "dora", "near"))
    make_user("stranger")
    make_room("general", near, alice, bob)
    conversation(dora, alice)  # opened, and nothing said
    say(conversation(alice, bob), alice)
    say(talk(alice, carol), carol)
    assert found(alice, "") == ["carol", "bob", "near"]
    assert found(make_user("new"), " ") == []


def test_a_block_bars_only_whom_it_concerns(db: None) -> None:
    alice, bob, carol = (make_user(name) for name in ("alice_b", "bob_b", "carol_b"))
    room = direct.open_with(user_id=alice.pk, people=[bob.pk, carol.pk])
    direct.open_with(user_id=bob.pk, people=[alice.pk, carol.pk])
    blocks.block(user_id=carol.pk, person_id=bob.pk)
    first, second = messages.post_batch([Draft(room.id, who.pk, uuid4(), "hello") for who in (alice, bob)])
    assert not isinstance(first, ClientError)
    assert isinstance(second, ClientError)
