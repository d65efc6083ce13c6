"""Who takes an act back, and what comes back with it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from chat.models import Membership, Message, Restriction
from chat.services import administration, removals, restrictions, roles, rooms, undoing
from chat.services.messages import Draft, post_batch
from realtime_site.accounts.models import User
from realtime_site.audit import undoing as audit_undoing
from realtime_site.audit.log import COMMAND
from realtime_site.audit.models import Entry
from tests.factories import make_user
from tests.services.house import House, actor, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return House()


def roles_in(house: House) -> dict[str, str]:
    return dict(Membership.objects.filter(room=house.room).values_list("user__username", "role"))


@pytest.mark.parametrize("act", ["remove", "ban"])
@pytest.mark.parametrize("role", ["owner", "moderator"])
def test_a_role_that_only_an_owner_gives_no_moderator_gives_back(house: House, act: str, role: str) -> None:
    mo = make_user("mo")
    Membership.objects.create(room=house.room, user=mo, role="moderator")
    Membership.objects.filter(user=house.ben).update(role=role)
    fields = {"seconds": None} if act == "ban" else {}
    entry = getattr(restrictions, act)(**house.upon, **fields)
    assert refused(lambda: undoing.undo(by=actor(mo), entry_id=entry.pk, reason="")).code == "forbidden"
    offered = {who: undoing.acts_in(by=actor(who), room_id=house.room.pk)[0].undoable for who in (mo, house.olga)}
    assert offered == {mo: False, house.olga: True}
    house.undo(entry)
    assert roles_in(house) == {"olga": "owner", "mo": "moderator", "ben": role}


def test_a_member_a_moderator_brings_back(house: House) -> None:
    Membership.objects.filter(user=house.olga).update(role="moderator")
    house.undo(restrictions.remove(**house.upon))
    assert roles_in(house)["ben"] == "member"


def test_a_ban_in_the_place_of_one_that_was_over_is_taken_back_to_the_room(house: House) -> None:
    restrictions.ban(**house.upon, seconds=60)
    Restriction.objects.update(until=timezone.now() - timedelta(seconds=1))
    rooms.join(user_id=house.ben.pk, room_id=house.room.pk)
    entry = house.undo(restrictions.ban(**house.upon, seconds=60))
    assert entry.summary == "Took back the ban of ben, who is in general again."
    house.say()


def test_what_is_undone_while_it_is_cleared_is_cleared_no_further(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_batch([Draft(house.room.pk, house.ben.pk, uuid4(), str(number)) for number in range(5)])
    monkeypatch.setattr(removals, "AT_ONCE", 2)
    erase, done = removals._erase, list[Entry]()

    def undone_after_the_first(portion: Any, entry: Entry) -> None:
        if len(done) == 1:
            house.undo(entry)
        done.append(entry)
        erase(portion, entry)

    monkeypatch.setattr(removals, "_erase", undone_after_the_first)
    removals.clear(**house.upon, count=5)
    assert len(done) == 3
    assert not Message.objects.exclude(deleted_at=None).exists()


def test_who_owned_the_room_is_a_moderator_once_it_has_been_given_on(house: House) -> None:
    upon = {"by": COMMAND, "room_id": house.room.pk, "reason": ""}
    entry = restrictions.remove(person_id=house.olga.pk, **upon)
    Membership.objects.create(room=house.room, user=make_user("carl"))
    roles.transfer(person_id=User.objects.get(username="carl").pk, **upon)
    audit_undoing.undo(entry_id=entry.pk, by=COMMAND)
    assert roles_in(house) == {"olga": "moderator", "ben": "moderator", "carl": "owner"}


def test_who_owned_the_room_owns_it_again_where_nobody_does(house: House) -> None:
    entry = restrictions.remove(by=COMMAND, room_id=house.room.pk, person_id=house.olga.pk, reason="")
    rooms.leave(user_id=house.ben.pk, room_id=house.room.pk)
    audit_undoing.undo(entry_id=entry.pk, by=COMMAND)
    assert roles_in(house) == {"olga": "owner"}


def test_nobody_is_brought_back_into_an_archived_room(house: House) -> None:
    entry = restrictions.ban(**house.upon | {"by": COMMAND}, seconds=60)
    administration.archive(by=COMMAND, room_id=house.room.pk, reason="")
    error = refused(lambda: audit_undoing.undo(entry_id=entry.pk, by=COMMAND))
    assert (error.code, error.detail) == ("conflict", "The room is archived.")
