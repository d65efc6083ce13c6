"""That transactions which meet never wait for each other in a circle: the order in docs/architecture.md."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from chat.models import Membership, Message, Restriction, Room
from chat.services import announcements, invitations, measures, removals, restrictions, rooms
from chat.services.messages import Draft, post_batch
from notifications import sql
from notifications.api import notify
from notifications.models import Notification
from notifications.services import changing, reading
from realtime_site.accounts import suspensions
from realtime_site.accounts.models import User
from realtime_site.audit.log import COMMAND
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import undo as audit_undo
from tests.factories import make_user
from tests.services.house import House, actor
from tests.services.meeting import meet, then

pytestmark = pytest.mark.django_db(transaction=True)


def say(room: Room, **bodies: str) -> None:
    """Together, as group commit does it."""
    authors = {user.username: user for user in User.objects.filter(username__in=bodies)}
    post_batch([Draft(room.pk, authors[name].pk, uuid4(), body) for name, body in bodies.items()])


@pytest.mark.parametrize("meanwhile", ["one of them bans another", "somebody calls them"])
def test_several_are_suspended_while(meanwhile: str) -> None:
    """In the order of their names, as the admin does it; whoever tells them something locks them by their ids."""
    house, zoe = House(), make_user("zoe")
    Membership.objects.create(room=house.room, user=zoe)
    bans = "bans" in meanwhile
    order = [house.olga, zoe] if bans else [house.ben, house.olga]

    def suspend(here: Callable[[], None]) -> None:
        with transaction.atomic():
            for person in order:
                suspensions.suspend(by=COMMAND, person_id=person.pk, seconds=None, reason="")
                if person == order[0]:
                    here()

    def other() -> None:
        if bans:
            by = actor(house.olga, Entry.Via.ADMIN)
            restrictions.ban(by=by, room_id=house.room.pk, person_id=zoe.pk, seconds=None, reason="")
        else:
            say(house.room, zoe="@olga @ben")

    meet(suspend, other)
    assert not User.objects.filter(pk__in=[person.pk for person in order], is_active=True).exists()
    if bans:
        assert Restriction.objects.filter(user=zoe).exists()
    else:
        assert Message.objects.filter(author=zoe, body="@olga @ben").exists()


def test_somebody_comes_by_a_link_while_who_made_it_is_banned(monkeypatch: pytest.MonkeyPatch) -> None:
    house, guest = House(), make_user("guest")
    link = invitations.create(user_id=house.ben.pk, room_id=house.room.pk)

    def come(here: Callable[[], None]) -> None:
        monkeypatch.setattr(invitations, "_use", then(invitations._use, here))
        invitations.accept(code=link.code, user_id=guest.pk)

    meet(come, lambda: restrictions.ban(seconds=None, **house.upon))
    assert house.room.memberships.filter(user=guest).exists()
    link.refresh_from_db()
    assert (link.uses, link.revoked_at is not None) == (1, True)


def test_somebody_reads_in_slow_mode_while_they_write_and_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    say(house.room, olga="@ben")
    Room.objects.update(slow_mode_seconds=60)
    read_scope = reading.read_scope

    def read(here: Callable[[], None]) -> None:
        def pausing(**fields: Any) -> None:
            here()
            read_scope(**fields)

        monkeypatch.setattr(reading, "read_scope", pausing)
        rooms.read(user_id=house.ben.pk, room_id=house.room.pk, seq=2)

    meet(read, lambda: say(house.room, ben="I am here", olga="@ben again"))
    member = house.room.memberships.get(user=house.ben)
    assert member.last_read == 2
    assert member.posted_at is not None
    assert Notification.objects.filter(user=house.ben, read_at=None).count() == 1


@pytest.mark.parametrize("held", ["inbox", "account"])
def test_an_account_is_changed_while_it_is_told_something(held: str) -> None:
    """Who is waited for, and has another row then, stays and takes the next number."""
    house = House()
    notify(house.ben, "announcement", title="One")

    def change(here: Callable[[], None]) -> None:
        with transaction.atomic():
            if held == "inbox":
                sql.lock_inboxes([house.ben.pk])
            else:
                User.objects.select_for_update().get(pk=house.ben.pk)
            here()
            User.objects.filter(pk=house.ben.pk).update(display_name="Benjamin")

    meet(change, lambda: notify([house.olga, house.ben], "announcement", title="Two"))
    numbers = Notification.objects.filter(user=house.ben).order_by("seq").values_list("seq", "title")
    assert list(numbers) == [(1, "One"), (2, "Two")]


def test_messages_are_deleted_while_those_they_called_are_told_something(monkeypatch: pytest.MonkeyPatch) -> None:
    house, zoe = House(), make_user("zoe")
    Membership.objects.create(room=house.room, user=zoe)
    say(house.room, olga="@zoe")
    say(house.room, olga="@ben")

    def delete(here: Callable[[], None]) -> None:
        monkeypatch.setattr(changing, "withdraw", then(changing.withdraw, here))
        removals.clear(by=COMMAND, room_id=house.room.pk, person_id=house.olga.pk, count=10, reason="")

    meet(delete, lambda: notify([house.ben, zoe], "announcement", title="Hello"))
    assert Notification.objects.exclude(withdrawn_at=None).count() == 2
    assert Notification.objects.filter(title="Hello").count() == 2


def test_a_ban_is_taken_back_while_who_inherited_the_room_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three in a circle: the reader waits for whoever tells both something, who waits for the undoing."""
    house = House()
    say(house.room, ben="@olga")
    zoe = make_user("zoe")
    Membership.objects.create(room=house.room, user=zoe, role="owner")
    Membership.objects.filter(user=house.olga).update(role="member")
    entry = restrictions.ban(by=COMMAND, room_id=house.room.pk, person_id=zoe.pk, seconds=None, reason="")
    heir = Membership.objects.get(room=house.room, role="owner").user
    assert heir == house.olga

    def undo(here: Callable[[], None]) -> None:
        monkeypatch.setattr(measures, "close", then(measures.close, here))
        audit_undo(entry_id=entry.pk, by=COMMAND)

    meet(
        undo,
        lambda: notify([heir, zoe], "announcement", title="Hello"),
        lambda: rooms.read(user_id=heir.pk, room_id=house.room.pk, seq=2),
    )
    assert Membership.objects.get(room=house.room, role="owner").user == zoe


def test_a_button_that_is_pressed_twice_at_once_announces_once(monkeypatch: pytest.MonkeyPatch) -> None:
    by, token = actor(make_user("sam"), Entry.Via.ADMIN), uuid4()

    def announce() -> None:
        announcements.to_all_online(by=by, text="Cake", reason="", token=token)

    def first(here: Callable[[], None]) -> None:
        monkeypatch.setattr(announcements, "record", then(announcements.record, here))
        announce()

    meet(first, announce)
    assert Entry.objects.count() == 1
