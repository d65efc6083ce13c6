"""Who takes an act back, and what comes back with it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.models import Membership, Message, Restriction
from chat.services import administration, invitations, removals, restrictions, roles, rooms, undoing
from chat.services.messages import Draft, post_batch
from realtime_site.accounts.models import User
from realtime_site.audit import undoing as audit_undoing
from realtime_site.audit.log import COMMAND
from realtime_site.audit.models import Entry
from realtime_site.live.errors import ClientError
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


def offered(house: House, who: User) -> dict[int, bool]:
    return {act.id: act.undoable for act in undoing.acts_in(by=actor(who), room_id=house.room.pk)}


def is_let(who: User, entry: Entry) -> bool:
    with transaction.atomic():
        try:
            undoing.undo(by=actor(who), entry_id=entry.pk, reason="")
        except ClientError as error:
            return error.code != "forbidden"
        transaction.set_rollback(True)
    return True


def moderators(house: House, *names: str) -> list[User]:
    people = [make_user(name) for name in names]
    Membership.objects.bulk_create(Membership(room=house.room, user=one, role="moderator") for one in people)
    return people


def test_undo_is_offered_to_who_may_and_to_nobody_else(house: House) -> None:
    mo, kim = moderators(house, "mo", "kim")
    room_id = house.room.pk
    upon_mo = house.upon | {"person_id": mo.pk}
    link = invitations.create(user_id=mo.pk, room_id=room_id)
    own_link = invitations.create(user_id=mo.pk, room_id=room_id)
    done = [
        restrictions.mute(**house.upon, seconds=60),
        restrictions.mute(**upon_mo, seconds=60),
        restrictions.unmute(**upon_mo),
        administration.restrict(by=actor(mo), room_id=room_id, read_only=True, reason=""),
        invitations.revoke(by=house.by, invitation_id=link.pk),
        invitations.revoke(by=actor(mo), invitation_id=own_link.pk),
        administration.set_kind(by=house.by, room_id=room_id, kind="private", reason=""),
        restrictions.mute(**house.upon | {"by": COMMAND}, seconds=60),
        roles.change(**house.upon, role="moderator"),
    ]
    for who in (house.olga, mo, kim, house.ben):
        assert offered(house, who) == {entry.pk: is_let(who, entry) for entry in done}, who
    assert [is_let(mo, entry) for entry in done][1:3] == [False, False]


def test_the_log_costs_the_same_for_many_acts(house: House) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            offered(house, house.olga)
        return len(queries)

    restrictions.mute(**house.upon, seconds=60)
    few = cost()
    for _ in range(5):
        restrictions.mute(**house.upon, seconds=60)
    assert cost() == few


def test_who_gave_a_room_away_takes_it_back_for_a_day(house: House) -> None:
    entry = roles.transfer(**house.upon)
    assert offered(house, house.olga) == {entry.pk: True}
    Entry.objects.update(at=timezone.now() - timedelta(hours=25))
    assert offered(house, house.olga) == {entry.pk: False}
    assert refused(lambda: house.undo(entry)).code == "forbidden"
    Entry.objects.update(at=timezone.now() - timedelta(hours=23))
    house.undo(entry)
    assert roles_in(house) == {"olga": "owner", "ben": "member"}


def test_nor_do_they_take_it_back_in_the_admin_after_that(house: House) -> None:
    User.objects.filter(pk=house.olga.pk).update(is_superuser=True)
    olga = User.objects.get(pk=house.olga.pk)
    entry = roles.transfer(**house.upon)
    assert audit_undoing.may_undo(olga, entry)
    Entry.objects.update(at=timezone.now() - timedelta(hours=25))
    entry.refresh_from_db()
    assert not audit_undoing.may_undo(olga, entry)
    by = actor(olga, Entry.Via.ADMIN)
    assert refused(lambda: audit_undoing.undo(by=by, entry_id=entry.pk)).code == "forbidden"
    assert roles_in(house) == {"olga": "moderator", "ben": "owner"}


def test_whom_the_new_owner_made_a_member_takes_nothing_back(house: House) -> None:
    entry = roles.transfer(**house.upon)
    roles.change(by=actor(house.ben), room_id=house.room.pk, person_id=house.olga.pk, role="member", reason="")
    assert refused(lambda: house.undo(entry)).code == "forbidden"


@pytest.mark.parametrize("act", ["remove", "ban"])
def test_who_was_alone_and_comes_back_to_a_room_that_is_owned_moderates_it(house: House, act: str) -> None:
    rooms.leave(user_id=house.ben.pk, room_id=house.room.pk)
    upon = {"by": COMMAND, "room_id": house.room.pk, "reason": ""}
    fields = {"seconds": None} if act == "ban" else {}
    entry = getattr(restrictions, act)(person_id=house.olga.pk, **fields, **upon)
    rooms.join(user_id=house.ben.pk, room_id=house.room.pk)
    roles.transfer(person_id=house.ben.pk, **upon)
    undone = audit_undoing.undo(entry_id=entry.pk, by=COMMAND)
    assert roles_in(house) == {"olga": "moderator", "ben": "owner"}
    assert undone.summary.endswith("is in general again, as a moderator: it has another owner by now.")


def test_who_inherited_a_room_that_has_another_owner_too_gives_it_to_nobody(house: House) -> None:
    moderators(house, "mo")
    upon = {"by": COMMAND, "room_id": house.room.pk, "reason": ""}
    entry = restrictions.remove(person_id=house.olga.pk, **upon)
    assert roles_in(house) == {"mo": "owner", "ben": "member"}
    roles.change(person_id=house.ben.pk, role="owner", **upon)
    audit_undoing.undo(entry_id=entry.pk, by=COMMAND)
    assert roles_in(house) == {"olga": "moderator", "mo": "moderator", "ben": "owner"}


def test_who_owned_the_room_with_another_owns_it_with_them_again(house: House) -> None:
    upon = {"by": COMMAND, "room_id": house.room.pk, "reason": ""}
    roles.change(person_id=house.ben.pk, role="owner", **upon)
    audit_undoing.undo(entry_id=restrictions.remove(person_id=house.olga.pk, **upon).pk, by=COMMAND)
    assert roles_in(house) == {"olga": "owner", "ben": "owner"}
