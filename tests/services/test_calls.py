"""Who is called by a message: by name, @room, @online, an answer; what an edit adds and takes away."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.dispatch import Signal
from django.test.utils import CaptureQueriesContext

from chat import events, history, protocol, selectors
from chat.models import Membership, Mention, Message, Room
from chat.services import direct, messages, rooms
from chat.services.messages import Draft, post, post_batch
from realtime_site.accounts.models import User
from realtime_site.live.errors import ClientError
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db


class House:
    """Alice owns the room, Max moderates it, Bob and Carol are in it."""

    def __init__(self) -> None:
        self.alice, self.max, self.bob, self.carol = (make_user(name) for name in ("alice", "max", "bob", "carol"))
        self.room = make_room("general", self.alice, self.max, self.bob, self.carol)
        Membership.objects.filter(room=self.room, user=self.max).update(role="moderator")


@pytest.fixture
def house() -> House:
    return House()


def say(room: Room, author: User, body: str, *online: User, reply_to: int | None = None) -> protocol.Message:
    return post(Draft(room.pk, author.pk, uuid4(), body, None, reply_to, frozenset(user.pk for user in online)))


def called(message: protocol.Message) -> dict[str, str]:
    return dict(Mention.objects.filter(message=message.id).order_by("user").values_list("user__username", "by"))


# --- @room and @online -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["alice", "max"])
def test_owners_and_moderators_call_the_room(house: House, who: str) -> None:
    sent = say(house.room, getattr(house, who), "@room, lunch")
    assert (sent.audience, sent.mentions) == ("room", [])
    assert '<span class="mention" data-user="room">@room</span>' in sent.html
    assert called(sent) == {name: "room" for name in ("alice", "max", "bob", "carol") if name != who}
    assert selectors.room_of(user_id=house.bob.pk, room_id=house.room.pk).mentions == 1


def test_for_members_the_words_are_only_words(house: House) -> None:
    sent = say(house.room, house.bob, "@room @online lunch", house.carol)
    assert (sent.audience, sent.mentions, called(sent)) == ("", [], {})
    assert "<span" not in sent.html


def test_online_calls_members_who_are_online_now(house: House) -> None:
    stranger = make_user("stranger")
    sent = say(house.room, house.alice, "@online lunch", house.alice, house.bob, stranger)
    assert (sent.audience, called(sent)) == ("online", {"bob": "online"})


def test_the_wider_word_wins_and_a_name_wins_over_both(house: House) -> None:
    sent = say(house.room, house.alice, "@online @room and you, @carol", house.bob)
    assert (sent.audience, sent.mentions) == ("room", [house.carol.pk])
    assert called(sent) == {"max": "room", "bob": "room", "carol": "name"}


def test_everybody_in_a_conversation_may_call_all(house: House) -> None:
    group = direct.open_with(user_id=house.alice.pk, people=[house.bob.pk, house.carol.pk])
    room = Room.objects.get(pk=group.id)
    assert called(say(room, house.alice, "@room")) == {"bob": "room", "carol": "room"}
    assert called(say(room, house.carol, "@room")) == {"alice": "room", "bob": "room"}
    assert called(say(room, house.carol, "@online", house.bob)) == {"bob": "online"}


def test_what_stands_in_code_or_in_a_link_calls_nobody(house: House) -> None:
    body = "`@room @bob`\n```\n@online @carol\n```\n[@max](https://example.org)"
    sent = say(house.room, house.alice, body, house.bob)
    assert (sent.audience, sent.mentions, called(sent)) == ("", [], {})


def test_nobody_types_a_mention_as_html(house: House) -> None:
    sent = say(house.room, house.alice, '<span class="mention" data-user="room">@nobody</span> "data-user="bob""')
    assert (sent.audience, sent.mentions, called(sent)) == ("", [], {})


def test_a_deactivated_person_is_not_called(house: House) -> None:
    User.objects.filter(pk=house.bob.pk).update(is_active=False)
    assert set(called(say(house.room, house.alice, "@room @bob"))) == {"max", "carol"}


# --- Edits -----------------------------------------------------------------------------------------------------------


def edit(house: House, message: protocol.Message, body: str, *online: User) -> protocol.Message:
    here = frozenset(user.pk for user in online)
    return messages.edit(user_id=message.author.id, message_id=message.id, body=body, online=here)


def test_an_edit_adds_and_takes_away(house: House) -> None:
    sent = say(house.room, house.alice, "lunch")
    wide = edit(house, sent, "@room lunch")
    assert (wide.audience, set(called(wide))) == ("room", {"max", "bob", "carol"})
    narrow = edit(house, sent, "@bob lunch")
    assert (narrow.audience, narrow.mentions, called(narrow)) == ("", [house.bob.pk], {"bob": "name"})
    assert called(edit(house, sent, "lunch")) == {}
    for user in (house.bob, house.carol):
        assert selectors.room_of(user_id=user.pk, room_id=house.room.pk).mentions == 0


def test_who_may_call_all_no_longer_still_mends_what_they_said(house: House) -> None:
    sent = say(house.room, house.max, "@room luhcn")
    narrow = say(house.room, house.max, "@online luhcn", house.bob)
    Membership.objects.filter(room=house.room, user=house.max).update(role="member")
    mended = edit(house, sent, "@room lunch")
    assert (mended.audience, set(called(mended))) == ("room", {"alice", "bob", "carol"})
    assert '<span class="mention" data-user="room">' in mended.html
    wider = edit(house, narrow, "@online @room lunch")
    assert (wider.audience, called(wider)) == ("online", {"bob": "online"})
    assert called(edit(house, sent, "lunch")) == {}
    assert called(edit(house, sent, "@room lunch")) == {}


def test_an_edit_that_keeps_the_word_calls_no_others(house: House) -> None:
    """A comma mended an hour later must not call those who came online since."""
    sent = say(house.room, house.alice, "@online lunch", house.bob, house.carol)
    assert set(called(edit(house, sent, "@online, lunch", house.max))) == {"bob", "carol"}
    wide = say(house.room, house.alice, "@room lunch")
    late = make_user("late")
    rooms.join(user_id=late.pk, room_id=house.room.pk)
    rooms.leave(user_id=house.bob.pk, room_id=house.room.pk)
    assert set(called(edit(house, wide, "@room, lunch"))) == {"max", "carol"}
    assert "late" in called(say(house.room, house.alice, "@room"))


def test_a_deletion_calls_nobody_any_more(house: House) -> None:
    sent = say(house.room, house.alice, "@room @bob")
    stone = messages.delete(user_id=house.alice.pk, message_id=sent.id)
    assert (stone.audience, stone.mentions, called(stone)) == ("", [], {})
    assert Message.objects.get(pk=sent.id).audience == ""


# --- Replies ---------------------------------------------------------------------------------------------------------


def test_a_reply_quotes_what_it_answers_wherever_it_is_read(house: House) -> None:
    asked = say(house.room, house.bob, "Who has **the key**?")
    reply = say(house.room, house.carol, "I do", reply_to=asked.id)
    assert reply.reply_to == protocol.Quote(asked.id, asked.seq, asked.author, "Who has the key?", deleted=False)
    page = history.page(user_id=house.alice.pk, room_id=house.room.pk).messages
    changes = history.changes(user_id=house.alice.pk, room_id=house.room.pk, after=asked.seq).messages
    assert page[-1] == changes[-1] == reply


def test_a_quote_shows_how_the_message_stands(house: House) -> None:
    asked = say(house.room, house.bob, "Who has the kee?")
    reply = say(house.room, house.carol, "I do", reply_to=asked.id)

    def quoted() -> tuple[str, bool]:
        quote = history.page(user_id=house.alice.pk, room_id=house.room.pk).messages[-1].reply_to
        assert quote is not None
        return quote.text, quote.deleted

    messages.edit(user_id=house.bob.pk, message_id=asked.id, body="Who has the key?")
    assert quoted() == ("Who has the key?", False)
    edited = messages.edit(user_id=house.carol.pk, message_id=reply.id, body="I do!")
    assert edited.reply_to is not None
    assert edited.reply_to.text == "Who has the key?"
    messages.delete(user_id=house.bob.pk, message_id=asked.id)
    assert quoted() == ("", True)
    late = say(house.room, house.carol, "I did", reply_to=asked.id)
    assert late.reply_to is not None
    assert (late.reply_to.text, late.reply_to.deleted) == ("", True)


def test_a_stone_quotes_nothing(house: House) -> None:
    asked = say(house.room, house.bob, "secret")
    reply = say(house.room, house.carol, "I see", reply_to=asked.id)
    stone = messages.delete(user_id=house.carol.pk, message_id=reply.id)
    assert stone.reply_to is None
    assert history.page(user_id=house.alice.pk, room_id=house.room.pk).messages[-1] == stone


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("# One\n\n- *two*\n- three", "One two three"),
        ("```python\nprint('<b>')\n```", "print('<b>')"),
        ('[link](https://example.org "a > b")', "link"),
        ("***", "***"),
        ("**bo**ld", "bold"),
        ("x" * 300, "x" * 199 + "…"),
        ("<" * 8_000, "<" * 199 + "…"),
        ("a\u202eb", "a\u202eb"),
        (":sparkles:", "✨"),
    ],
)
def test_a_quote_is_plain_text_and_short(house: House, body: str, text: str) -> None:
    asked = say(house.room, house.bob, body)
    quote = say(house.room, house.carol, "yes", reply_to=asked.id).reply_to
    assert quote is not None
    assert quote.text == text
    assert len(quote.text) <= protocol.QUOTE_CHARACTERS


def test_only_messages_of_the_room_are_answered(house: House) -> None:
    other = make_room("other", house.alice, house.bob)
    elsewhere = say(other, house.alice, "elsewhere")
    for reply_to in (elsewhere.id, 999_999, 0):
        with pytest.raises(ClientError) as caught:
            say(house.room, house.bob, "what?", reply_to=reply_to)
        assert caught.value.code == "not_found"
    sent = Draft(house.room.pk, house.bob.pk, uuid4(), "one")
    outcomes = post_batch([sent, Draft(house.room.pk, house.bob.pk, uuid4(), "x", None, elsewhere.id)])
    assert isinstance(outcomes[0], protocol.Message)
    assert isinstance(outcomes[1], ClientError)


def test_a_retry_gives_the_first_one_back_with_its_quote(house: House) -> None:
    asked = say(house.room, house.bob, "Who?")

    def draft(client_id: UUID, reply_to: int | None) -> Draft:
        return Draft(house.room.pk, house.carol.pk, client_id, "Me", None, reply_to)

    sent = draft(uuid4(), asked.id)
    first = post(sent)
    assert post(sent) == first
    assert first.reply_to is not None
    for reply_to in (None, first.id):
        with pytest.raises(ClientError) as caught:
            post(draft(sent.client_id, reply_to))
        assert caught.value.code == "conflict"
    messages.edit(user_id=house.carol.pk, message_id=first.id, body="Not me")
    assert post(sent).body == "Not me"
    new = uuid4()
    one, two = post_batch([draft(new, asked.id), draft(new, None)])
    assert isinstance(one, protocol.Message)
    assert isinstance(two, ClientError)
    assert two.code == "conflict"


# --- What it costs ---------------------------------------------------------------------------------------------------


def queries_of(drafts: list[Draft]) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert all(isinstance(outcome, protocol.Message) for outcome in post_batch(drafts))
    return len([query for query in captured if "SAVEPOINT" not in query["sql"]])


def test_only_what_needs_more_queries_costs_them(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "happened", Signal())  # chat's own, whoever else listens
    room, author = house.room.pk, wire_person(house.bob)
    asked = say(house.room, house.alice, "Who?")
    pair = direct.open_with(user_id=house.bob.pk, people=[house.carol.pk]).id
    post(Draft(pair, house.bob.pk, uuid4(), "the first"))

    def batch(size: int, body: str = "plain", room_id: int = room, reply_to: int | None = None) -> list[Draft]:
        return [Draft(room_id, house.bob.pk, uuid4(), body, author, reply_to) for _ in range(size)]

    # The rooms, who is in them, the messages, the heads.
    assert queries_of(batch(1)) == queries_of(batch(50)) == 4
    # What is answered; the blocks of the two; names and mentions.
    assert queries_of(batch(5, reply_to=asked.id)) == queries_of(batch(5, room_id=pair)) == 5
    assert queries_of(batch(5, "@alice")) == 6


def wire_person(user: Any) -> protocol.Person:
    return protocol.Person(user.pk, user.username, user.name, None)
