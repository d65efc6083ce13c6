"""Posting, editing, deleting: numbers without gaps, retries that change nothing, permissions under the lock."""

import threading
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from chat import history, protocol, selectors, wire
from chat.models import Membership, Mention, Message, Room
from chat.services import messages, rooms
from chat.services.messages import Draft, post, post_batch
from realtime_site.live.errors import ClientError
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db


def draft(room: Room, author_id: int, body: str = "hello", client_id: UUID | None = None) -> Draft:
    return Draft(room.pk, author_id, client_id or uuid4(), body)


def code_of(outcome: object) -> str:
    assert isinstance(outcome, ClientError)
    return outcome.code


def test_messages_are_numbered_without_gaps() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    start = room.head
    posted = [post(draft(room, alice.pk, f"{number}")) for number in range(5)]
    assert [message.seq for message in posted] == list(range(start + 1, start + 6))
    room.refresh_from_db()
    assert room.head == start + 5


def test_a_batch_over_several_rooms_numbers_each_by_itself() -> None:
    alice = make_user("alice")
    one, two = make_room("one", alice), make_room("two", alice)
    outcomes = post_batch([draft(room, alice.pk) for room in (two, one, two, one, two)])
    seqs = [(outcome.room, outcome.seq) for outcome in outcomes if isinstance(outcome, protocol.Message)]
    assert seqs == [(two.pk, 2), (one.pk, 2), (two.pk, 3), (one.pk, 3), (two.pk, 4)]


def test_a_retry_gets_the_first_ones_id_and_seq_back() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    sent = draft(room, alice.pk)
    first = post(sent)
    post(draft(room, alice.pk, "in between"))
    assert post(sent) == first
    assert Message.objects.filter(client_id=sent.client_id).count() == 1


def test_a_retry_within_one_batch_is_one_message() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    sent = draft(room, alice.pk)
    first, second = post_batch([sent, sent])
    assert first == second
    assert Message.objects.filter(client_id=sent.client_id).count() == 1


def test_the_same_client_id_with_another_body_is_a_conflict() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    sent = draft(room, alice.pk, "one")
    post(sent)
    with pytest.raises(ClientError) as caught:
        post(draft(room, alice.pk, "two", sent.client_id))
    assert caught.value.code == "conflict"
    in_a_batch = draft(room, alice.pk, "three")
    outcomes = post_batch([in_a_batch, draft(room, alice.pk, "four", in_a_batch.client_id)])
    assert isinstance(outcomes[0], protocol.Message)
    assert code_of(outcomes[1]) == "conflict"


def test_a_retry_after_an_edit_gets_the_message_as_it_is_now() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    sent = draft(room, alice.pk, "first")
    first = post(sent)
    messages.edit(user_id=alice.pk, message_id=first.id, body="second")
    again = post(sent)
    assert (again.id, again.seq, again.body) == (first.id, first.seq, "second")


def test_two_people_may_use_the_same_client_id() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = make_room("general", alice, bob)
    shared = uuid4()
    assert post(draft(room, alice.pk, "a", shared)).id != post(draft(room, bob.pk, "b", shared)).id


def test_one_bad_draft_does_not_touch_its_neighbours() -> None:
    alice, mallory = make_user("alice"), make_user("mallory")
    room, secret = make_room("general", alice), make_room("secret", alice, kind="private")
    nowhere = Draft(999_999, alice.pk, uuid4(), "x")
    outcomes = post_batch(
        [draft(room, alice.pk), draft(room, mallory.pk), draft(secret, mallory.pk), nowhere, draft(room, alice.pk)]
    )
    assert isinstance(outcomes[0], protocol.Message)
    assert isinstance(outcomes[4], protocol.Message)
    assert [code_of(outcome) for outcome in outcomes[1:4]] == ["forbidden", "not_found", "not_found"]
    assert outcomes[4].seq == outcomes[0].seq + 1


def test_a_private_room_looks_like_no_room_to_strangers() -> None:
    alice, mallory = make_user("alice"), make_user("mallory")
    secret = make_room("secret", alice, kind="private")
    hidden = post(draft(secret, alice.pk))
    answers = []
    for room_id, message_id in ((secret.pk, hidden.id), (999_999, 999_999)):
        for attempt in (
            lambda room_id=room_id: post(Draft(room_id, mallory.pk, uuid4(), "x")),
            lambda room_id=room_id: history.page(user_id=mallory.pk, room_id=room_id),
            lambda room_id=room_id: history.changes(user_id=mallory.pk, room_id=room_id, after=0),
            lambda room_id=room_id: selectors.members(user_id=mallory.pk, room_id=room_id, online_ids=[]),
            lambda room_id=room_id: rooms.read(user_id=mallory.pk, room_id=room_id, seq=1),
            lambda room_id=room_id: rooms.join(user_id=mallory.pk, room_id=room_id),
            lambda room_id=room_id: rooms.leave(user_id=mallory.pk, room_id=room_id),
            lambda message_id=message_id: messages.edit(user_id=mallory.pk, message_id=message_id, body="x"),
            lambda message_id=message_id: messages.delete(user_id=mallory.pk, message_id=message_id),
        ):
            with pytest.raises(ClientError) as caught:
                attempt()
            answers.append((caught.value.code, caught.value.detail))
    assert {code for code, _ in answers} == {"not_found"}
    assert answers[: len(answers) // 2] == answers[len(answers) // 2 :]


def test_nobody_posts_to_an_archived_room() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    old = post(draft(room, alice.pk))
    Room.objects.filter(pk=room.pk).update(archived_at="2026-01-01T00:00Z")
    for attempt in (
        lambda: post(draft(room, alice.pk)),
        lambda: messages.edit(user_id=alice.pk, message_id=old.id, body="x"),
        lambda: messages.delete(user_id=alice.pk, message_id=old.id),
    ):
        with pytest.raises(ClientError) as caught:
            attempt()
        assert caught.value.code == "forbidden"


def test_a_deactivated_person_posts_nothing() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    alice.is_active = False
    alice.save()
    with pytest.raises(ClientError):
        post(draft(room, alice.pk))


def test_an_edit_is_an_event_and_keeps_the_messages_place() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    first = post(draft(room, alice.pk, "one"))
    later = post(draft(room, alice.pk, "two"))
    edited = messages.edit(user_id=alice.pk, message_id=first.id, body="**one**")
    assert (edited.seq, edited.changed) == (first.seq, later.seq + 1)
    assert edited.html == "<p><strong>one</strong></p>"
    assert edited.edited_at is not None


def test_an_edit_that_changes_nothing_is_no_event() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    first = post(draft(room, alice.pk, "one"))
    assert messages.edit(user_id=alice.pk, message_id=first.id, body="one") == first


def test_a_deleted_message_leaves_a_stone_without_its_words() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = make_room("general", alice, bob)
    first = post(draft(room, alice.pk, "secret @bob"))
    stone = messages.delete(user_id=alice.pk, message_id=first.id)
    assert stone.deleted_at is not None
    assert (stone.body, stone.html, stone.mentions) == ("", "", [])
    assert Message.objects.get(pk=first.id).body == ""
    assert messages.delete(user_id=alice.pk, message_id=first.id) == stone
    with pytest.raises(ClientError):
        messages.edit(user_id=alice.pk, message_id=first.id, body="again")


def test_only_the_author_changes_a_message() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = make_room("general", alice, bob)
    first = post(draft(room, alice.pk))
    for attempt in (
        lambda: messages.edit(user_id=bob.pk, message_id=first.id, body="x"),
        lambda: messages.delete(user_id=bob.pk, message_id=first.id),
    ):
        with pytest.raises(ClientError) as caught:
            attempt()
        assert caught.value.code == "forbidden"


def test_who_left_the_room_changes_nothing_there_any_more() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = make_room("general", alice, bob)
    first = post(draft(room, bob.pk))
    rooms.leave(user_id=bob.pk, room_id=room.pk)
    with pytest.raises(ClientError) as caught:
        messages.edit(user_id=bob.pk, message_id=first.id, body="x")
    assert caught.value.code == "not_found"


def test_nobody_edits_a_system_message() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    said = Message.objects.get(room=room, kind="system")
    with pytest.raises(ClientError) as caught:
        messages.edit(user_id=alice.pk, message_id=said.pk, body="x")
    assert caught.value.code == "forbidden"


def test_members_are_mentioned_by_name_and_nobody_else() -> None:
    alice, bob, carol = make_user("alice"), make_user("Bob"), make_user("carol")
    room = make_room("general", alice, bob)
    posted = post(draft(room, alice.pk, "@bob @carol @nobody @alice"))
    assert posted.mentions == [bob.pk]
    assert 'data-user="bob"' in posted.html
    assert "carol</span>" not in posted.html
    assert not Mention.objects.filter(user=carol).exists()


def test_an_edit_moves_the_mentions() -> None:
    alice, bob, carol = make_user("alice"), make_user("bob"), make_user("carol")
    room = make_room("general", alice, bob, carol)
    posted = post(draft(room, alice.pk, "@bob"))
    edited = messages.edit(user_id=alice.pk, message_id=posted.id, body="@carol")
    assert edited.mentions == [carol.pk]
    assert selectors.room_of(user_id=bob.pk, room_id=room.pk).mentions == 0
    assert selectors.room_of(user_id=carol.pk, room_id=room.pk).mentions == 1


def test_a_batch_costs_the_same_queries_whatever_its_size() -> None:
    alice = make_user("alice")
    spread = [make_room(f"room-{number}", alice) for number in range(5)]

    def queries(size: int) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            post_batch([draft(spread[number % 5], alice.pk, f"@alice {number}") for number in range(size)])
        return [query["sql"].split()[0] for query in captured if "SAVEPOINT" not in query["sql"]]

    few, many = queries(5), queries(60)
    assert few == many
    assert len(many) <= 7


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_leave_no_gap_and_no_double() -> None:
    """Threads post, retry each other's drafts and edit, all in two rooms; the database is asked afterwards."""
    people = [make_user(f"user{number}") for number in range(4)]
    both = [make_room("one", *people), make_room("two", *people)]
    shared = [draft(both[number % 2], people[number % 4].pk, f"shared {number}") for number in range(20)]
    failures: list[BaseException] = []

    def work(person_id: int) -> None:
        try:
            for number in range(5):
                mine = [draft(room, person_id, f"{person_id} {number}") for room in both]
                outcomes = post_batch([*mine, *shared])
                first = outcomes[0]
                assert isinstance(first, protocol.Message)
                messages.edit(user_id=person_id, message_id=first.id, body="edited")
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(person.pk,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Message.objects.filter(body__startswith="shared").count() == len(shared)
    for room in Room.objects.all():
        numbers = list(Message.objects.filter(room=room).values_list("seq", "changed"))
        events = {seq for seq, _ in numbers} | {changed for _, changed in numbers}
        assert events == set(range(1, room.head + 1))
        assert len({seq for seq, _ in numbers}) == len(numbers)


@pytest.mark.django_db(transaction=True)
def test_leaving_while_posting_never_lets_a_message_in_afterwards() -> None:
    """Permission is checked under the room's lock, so a post is either before the leave or refused."""
    alice, bob = make_user("alice"), make_user("bob")
    room = make_room("general", alice, bob)

    def leave() -> None:
        rooms.leave(user_id=bob.pk, room_id=room.pk)
        connections.close_all()

    leaver = threading.Thread(target=leave)
    leaver.start()
    refused = 0
    for number in range(30):
        try:
            post(draft(room, bob.pk, str(number)))
        except ClientError:
            refused += 1
    leaver.join()
    left = Message.objects.get(room=room, author=bob, kind="system", body__endswith="left")
    assert not Message.objects.filter(room=room, author=bob, kind="text", seq__gt=left.seq).exists()
    assert not Membership.objects.filter(room=room, user=bob).exists()


def test_a_retry_of_somebody_who_has_left_since_gets_the_first_ones_answer_too() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = make_room("general", alice)
    rooms.join(user_id=bob.pk, room_id=room.pk)
    sent = draft(room, bob.pk, "said before")
    first = post(sent)
    rooms.leave(user_id=bob.pk, room_id=room.pk)
    assert post(sent) == first
    with pytest.raises(ClientError):
        post(draft(room, bob.pk, "said after"))


def test_an_answer_of_long_messages_stays_below_what_a_slow_reader_may_leave_unread() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    for number in range(40):
        post(draft(room, alice.pk, f"{number} ".ljust(8_000, "漢")))
    pages = [history.page(user_id=alice.pk, room_id=room.pk, limit=100)]
    while pages[-1].more_before:
        pages.append(history.page(user_id=alice.pk, room_id=room.pk, before=pages[-1].messages[0].seq, limit=100))
    seqs = [message.seq for page in reversed(pages) for message in page.messages]
    assert seqs == list(range(1, 42))
    around = history.page(user_id=alice.pk, room_id=room.pk, around=20, limit=100)
    assert (around.more_before, around.more_after) == (True, True)
    assert 20 in [message.seq for message in around.messages]
    assert history.changes(user_id=alice.pk, room_id=room.pk, after=0).reset
    for page in (*pages, around):
        assert len(wire.encode(page.messages)) < 1024 * 1024 / 2
