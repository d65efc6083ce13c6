"""`manage.py demo`: an empty site becomes one to look around in."""

import io
import re

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from chat.models import Membership, Mention, Message, Room
from realtime_site.accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def demo() -> dict[str, str]:
    """Runs it; gives the passwords it printed."""
    out = io.StringIO()
    call_command("demo", stdout=out)
    return dict(re.findall(r"^ {4}(\w+) +(\S+)", out.getvalue(), re.MULTILINE))


def test_the_printed_passwords_work_and_alice_is_the_admin() -> None:
    passwords = demo()
    assert list(passwords) == ["alice", "bob", "carol"]
    for name, password in passwords.items():
        assert authenticate(username=name, password=password) == User.objects.get(username=name)
    assert list(User.objects.filter(is_superuser=True).values_list("username", flat=True)) == ["alice"]


def test_passwords_are_never_the_same_twice() -> None:
    first = demo()
    Message.objects.all().delete()
    Room.objects.all().delete()
    User.objects.all().delete()
    assert not set(first.values()) & set(demo().values())


def test_everybody_is_in_the_default_rooms_and_two_in_the_private_one() -> None:
    demo()
    for slug in ("general", "random"):
        assert Membership.objects.filter(room__slug=slug).count() == 3
    private = Room.objects.get(kind=Room.Kind.PRIVATE)
    assert set(private.members.values_list("username", flat=True)) == {"alice", "bob"}


def test_the_conversation_shows_code_a_mention_and_an_edit() -> None:
    demo()
    assert Message.objects.filter(html__contains="<pre>").exists()
    assert Message.objects.exclude(edited_at=None).exists()
    assert Mention.objects.filter(user__username="alice").exists()


def test_two_talk_by_themselves_and_messages_are_answered() -> None:
    demo()
    talk = Room.objects.get(kind=Room.Kind.DIRECT)
    assert set(talk.members.values_list("username", flat=True)) == {"alice", "bob"}
    answers = Message.objects.exclude(reply_to=None).select_related("reply_to")
    assert {answer.room.slug for answer in answers} == {"random", talk.slug}
    for answer in answers:
        assert answer.reply_to is not None
        assert (answer.reply_to.room_id, answer.reply_to.seq) == (answer.room_id, answer.seq - 1)


def test_each_room_is_numbered_without_gaps_and_told_in_order() -> None:
    demo()
    for room in Room.objects.all():
        told = list(room.messages.order_by("seq"))
        # An edit takes a number too.
        numbers = {message.seq for message in told} | {message.changed for message in told}
        assert numbers == set(range(1, room.head + 1))
        assert told == sorted(told, key=lambda message: (message.created_at, message.seq))
        assert room.last_message_at == told[-1].created_at


def test_a_site_with_accounts_is_left_alone() -> None:
    make_user("dora")
    with pytest.raises(CommandError, match="empty"):
        demo()
    assert User.objects.count() == 1
    assert not Room.objects.exists()
