"""Rooms, memberships, read marks, invitations."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from chat import catchup, history, plain, selectors
from chat.models import Invitation, Membership, Message, Room
from chat.services import invitations, messages, rooms
from chat.services.messages import Draft, post
from realtime_site.live import topics
from realtime_site.live.errors import ClientError
from tests.factories import make_room, make_user, rename

pytestmark = pytest.mark.django_db


def say(room: Room, author_id: int, body: str = "hello") -> int:
    return post(Draft(room.pk, author_id, uuid4(), body)).seq


def words(room: Room) -> list[str]:
    return list(Message.objects.filter(room=room, kind="system").values_list("body", flat=True))


def test_joining_and_leaving_is_said_in_the_room() -> None:
    alice, bob = make_user("alice"), make_user("bob", display_name="Bob B.")
    room = make_room("general", alice)
    rooms.join(user_id=bob.pk, room_id=room.pk)
    rooms.join(user_id=bob.pk, room_id=room.pk)
    rooms.leave(user_id=bob.pk, room_id=room.pk)
    assert words(room) == ["alice created the room", "Bob B. joined", "Bob B. left"]


def test_a_private_room_cannot_be_joined_but_a_member_may_bring_somebody_in() -> None:
    alice, bob, mallory = make_user("alice"), make_user("bob"), make_user("mallory")
    room = make_room("secret", alice, kind="private")
    with pytest.raises(ClientError):
        rooms.join(user_id=bob.pk, room_id=room.pk)
    rooms.add(by_id=alice.pk, room_id=room.pk, user_id=bob.pk)
    assert Membership.objects.filter(room=room, user=bob).exists()
    with pytest.raises(ClientError) as caught:
        rooms.add(by_id=mallory.pk, room_id=room.pk, user_id=mallory.pk)
    assert caught.value.code == "not_found"


def test_slugs_come_from_names_and_never_clash() -> None:
    alice = make_user("alice")
    slugs = [rooms.create(owner_id=alice.pk, name=name).slug for name in ("Tea Room", "Tea room", "New", "東京")]
    assert slugs == ["tea-room", "tea-room-2", "new-2", "room"]


def test_the_last_owner_hands_the_room_over() -> None:
    alice, bob, carol = make_user("alice"), make_user("bob"), make_user("carol")
    room = make_room("general", alice, bob, carol)
    Membership.objects.filter(room=room, user=carol).update(role="moderator")
    rooms.leave(user_id=alice.pk, room_id=room.pk)
    assert Membership.objects.get(room=room, role="owner").user == carol


def test_members_do_not_rename_a_room_and_owners_do() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = make_room("general", alice, bob)
    with pytest.raises(ClientError):
        rename(bob, room.pk, name="Mine", topic="")
    rename(alice, room.pk, name="Ours", topic="Tea")
    room.refresh_from_db()
    assert (room.name, room.topic, room.slug) == ("Ours", "Tea", "general")


def test_unread_counts_others_text_above_the_mark_and_nothing_else() -> None:
    alice, bob, carol = make_user("alice"), make_user("bob"), make_user("carol")
    room = make_room("general", alice, bob)
    first = say(room, bob.pk, "one")
    say(room, bob.pk, "two @alice")
    say(room, alice.pk, "mine")
    gone = post(Draft(room.pk, bob.pk, uuid4(), "gone @alice"))
    messages.delete(user_id=bob.pk, message_id=gone.id)
    rooms.join(user_id=carol.pk, room_id=room.pk)
    seen = selectors.room_of(user_id=alice.pk, room_id=room.pk)
    assert (seen.unread, seen.mentions) == (2, 1)
    rooms.read(user_id=alice.pk, room_id=room.pk, seq=first)
    seen = selectors.room_of(user_id=alice.pk, room_id=room.pk)
    assert (seen.unread, seen.mentions, seen.last_read) == (1, 1, first)


def test_unread_stops_counting_at_the_cap() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = make_room("general", alice, bob)
    for number in range(105):
        say(room, bob.pk, str(number))
    assert selectors.room_of(user_id=alice.pk, room_id=room.pk).unread == 100


def test_the_read_mark_never_goes_back_nor_beyond_the_head() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = make_room("general", alice, bob)
    last = say(room, bob.pk)
    assert rooms.read(user_id=alice.pk, room_id=room.pk, seq=10_000).last_read == last
    assert rooms.read(user_id=alice.pk, room_id=room.pk, seq=1).last_read == last


def test_a_newcomer_has_nothing_unread() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = make_room("general", alice)
    say(room, alice.pk)
    assert rooms.join(user_id=bob.pk, room_id=room.pk).unread == 0


def test_everybody_joins_the_default_rooms_and_no_others() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    rooms.create_default_rooms(owner_id=alice.pk)
    rooms.create_default_rooms(owner_id=alice.pk)
    make_room("other", alice)
    rooms.join_default_rooms(user_id=bob.pk)
    rooms.join_default_rooms(user_id=bob.pk)
    assert [room.slug for room in selectors.rooms_of(bob.pk)] == ["general", "random"]


def test_the_rooms_of_a_person_take_one_query(django_assert_num_queries: object) -> None:
    alice, bob = make_user("alice"), make_user("bob")
    for number in range(8):
        say(make_room(f"room-{number}", alice, bob), bob.pk, "@alice")
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert sum(int(room.mentions) for room in selectors.rooms_of(alice.pk)) == 8  # type: ignore[arg-type]


# --- History and catching up -----------------------------------------------------------------------------------------


def test_history_pages_meet_without_overlap() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    for number in range(25):
        say(room, alice.pk, str(number))
    seen: list[int] = []
    before: int | None = None
    while True:
        page = history.page(user_id=alice.pk, room_id=room.pk, before=before, limit=7)
        seen = [message.seq for message in page.messages] + seen
        if not page.more_before:
            break
        before = page.messages[0].seq
    assert seen == list(range(1, 27))


def test_history_forward_and_around_say_what_is_left() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    for number in range(20):
        say(room, alice.pk, str(number))
    forward = history.page(user_id=alice.pk, room_id=room.pk, after=10, limit=5)
    assert [message.seq for message in forward.messages] == [11, 12, 13, 14, 15]
    assert (forward.more_before, forward.more_after) == (True, True)
    around = history.page(user_id=alice.pk, room_id=room.pk, around=10, limit=6)
    assert [message.seq for message in around.messages] == [7, 8, 9, 10, 11, 12]
    assert (around.more_before, around.more_after) == (True, True)
    one = history.page(user_id=alice.pk, room_id=room.pk, around=10, limit=1)
    assert [message.seq for message in one.messages] == [10]
    end = history.page(user_id=alice.pk, room_id=room.pk)
    assert (end.more_before, end.more_after, end.seq) == (False, False, 21)


def test_changes_are_each_message_once_in_its_present_state() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    first = post(Draft(room.pk, alice.pk, uuid4(), "one"))
    start = say(room, alice.pk, "two")
    messages.edit(user_id=alice.pk, message_id=first.id, body="uno")
    messages.edit(user_id=alice.pk, message_id=first.id, body="eins")
    last = say(room, alice.pk, "three")
    found = history.changes(user_id=alice.pk, room_id=room.pk, after=start)
    assert [(message.body, message.changed) for message in found.messages] == [("eins", start + 2), ("three", last)]
    assert (found.seq, found.reset) == (last, False)


def test_repair_says_what_each_event_covers() -> None:
    """First, second, then first edited, all missed: both count as new for whoever stood at `start`."""
    alice = make_user("alice")
    room = make_room("general", alice)
    first = post(Draft(room.pk, alice.pk, uuid4(), "first"))
    say(room, alice.pk, "second")
    messages.edit(user_id=alice.pk, message_id=first.id, body="first, edited")
    missed = catchup.since(topics.room(room.pk), 1)
    events = [json.loads(text) for text in missed.texts]
    assert [(event["seq"], event.get("after", event["seq"] - 1)) for event in events] == [(3, 1), (4, 1)]
    said = [text for event in missed.texts for text in plain.translate(topics.room(room.pk), event)]
    assert [json.loads(text)["message"] for text in said] == [
        "second",
        "first, edited",
    ]
    assert missed.head == 4


def test_too_many_changes_ask_for_a_fresh_start() -> None:
    alice = make_user("alice")
    room = make_room("general", alice)
    for number in range(201):
        say(room, alice.pk, str(number))
    found = history.changes(user_id=alice.pk, room_id=room.pk, after=1)
    assert (found.messages, found.reset, found.seq) == ([], True, 202)


# --- Invitations -----------------------------------------------------------------------------------------------------


def test_an_invitation_lets_one_in_once_and_counts() -> None:
    alice, bob = make_user("alice"), make_user("bob")
    room = make_room("secret", alice, kind="private")
    link = invitations.create(user_id=alice.pk, room_id=room.pk)
    for _ in range(2):
        assert invitations.accept(code=link.code, user_id=bob.pk) == "secret"
    link.refresh_from_db()
    assert link.uses == 1
    assert Membership.objects.filter(room=room, user=bob).count() == 1


def test_an_invitation_ends_with_its_time_its_room_and_its_maker() -> None:
    alice = make_user("alice")
    bob = make_user("bob")
    room = make_room("secret", alice, bob, kind="private")

    def fresh() -> Invitation:
        link = invitations.create(user_id=alice.pk, room_id=room.pk)
        assert invitations.is_open(code=link.code)
        return link

    old = fresh()
    Invitation.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not invitations.is_open(code=old.code)
    left = fresh()
    rooms.leave(user_id=alice.pk, room_id=room.pk)
    assert not invitations.is_open(code=left.code)
    rooms.add(by_id=bob.pk, room_id=room.pk, user_id=alice.pk)
    archived = fresh()
    Room.objects.filter(pk=room.pk).update(archived_at=timezone.now())
    assert not invitations.is_open(code=archived.code)
    with pytest.raises(ClientError):
        invitations.accept(code="nonsense", user_id=bob.pk)


def test_only_members_invite() -> None:
    alice, mallory = make_user("alice"), make_user("mallory")
    room = make_room("secret", alice, kind="private")
    with pytest.raises(ClientError):
        invitations.create(user_id=mallory.pk, room_id=room.pk)
