"""Muting, removing, banning; slow mode, read-only, maintenance: what is enforced, and the way back."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import history, protocol, restraint
from chat.models import Maintenance, Membership, Message, Restriction, Room
from chat.services import (
    administration,
    authority,
    invitations,
    messages,
    removals,
    reports,
    restrictions,
    roles,
    rooms,
    sql,
    undoing,
)
from chat.services.messages import Draft, post, post_batch
from notifications.models import Notification
from realtime_site.accounts import arrival
from realtime_site.accounts.models import User
from realtime_site.audit import undoing as audit_undoing
from realtime_site.audit.log import COMMAND, Actor
from realtime_site.audit.models import Entry
from realtime_site.live.errors import ClientError
from tests.factories import make_admin, make_room, make_user
from tests.services.house import House, actor, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return House()


def test_a_mute_ends_by_itself(house: House) -> None:
    restrictions.mute(**house.upon, seconds=60)
    assert refused(house.say).code == "forbidden"
    Restriction.objects.update(until=timezone.now() - timedelta(seconds=1))
    house.say()


def test_a_mute_everywhere_counts_in_conversations_too_and_is_no_moderators_to_give(house: House) -> None:
    everywhere = house.upon | {"room_id": None}
    assert refused(lambda: restrictions.mute(**everywhere, seconds=60)).code == "forbidden"
    entry = restrictions.mute(**everywhere | {"by": COMMAND}, seconds=None)
    assert refused(house.say).detail == "You are muted: because."
    audit_undoing.undo(entry_id=entry.pk, by=COMMAND)
    house.say()


def test_a_new_mute_takes_the_place_of_the_old_one_and_gives_it_back(house: House) -> None:
    restrictions.mute(**house.upon, seconds=None)
    shorter = restrictions.mute(**house.upon, seconds=60)
    house.undo(shorter)
    assert Restriction.objects.get(lifted_at=None).until is None
    assert refused(lambda: house.undo(shorter)).code == "conflict"


def test_lifting_a_mute_is_taken_back_unless_there_is_another(house: House) -> None:
    restrictions.mute(**house.upon, seconds=None)
    lifted = restrictions.unmute(**house.upon)
    house.say()
    house.undo(lifted)
    assert refused(house.say).code == "forbidden"
    lifted = restrictions.unmute(**house.upon)
    restrictions.mute(**house.upon, seconds=60)
    assert refused(lambda: house.undo(lifted)).code == "conflict"


def test_who_is_muted_may_delete_their_own_and_edit_nothing(house: House) -> None:
    said = house.say()
    restrictions.mute(**house.upon, seconds=60)
    assert refused(lambda: messages.edit(user_id=house.ben.pk, message_id=said.id, body="x")).code == "forbidden"
    messages.delete(user_id=house.ben.pk, message_id=said.id)


def test_in_a_read_only_room_owners_write(house: House) -> None:
    said = house.say()
    Room.objects.update(read_only=True)
    assert refused(house.say).code == "forbidden"
    assert refused(lambda: messages.edit(user_id=house.ben.pk, message_id=said.id, body="x")).code == "forbidden"
    house.say(who=house.olga)


def test_slow_mode_says_exactly_how_long_to_wait(house: House) -> None:
    Room.objects.update(slow_mode_seconds=30)
    house.say(who=house.olga)
    house.say(who=house.olga)
    sent = Draft(house.room.pk, house.ben.pk, uuid4(), "once")
    first = post(sent)
    Membership.objects.filter(user=house.ben).update(posted_at=timezone.now() - timedelta(seconds=20))
    error = refused(house.say)
    assert error.code == "rate_limited"
    assert error.retry_after == pytest.approx(10, abs=1)
    assert post(sent) == first
    Membership.objects.filter(user=house.ben).update(posted_at=timezone.now() - timedelta(seconds=31))
    assert post(sent) == first
    house.say()
    assert refused(house.say).code == "rate_limited"


def test_slow_mode_holds_within_one_batch_and_a_retry_there_is_no_second_message(house: House) -> None:
    Room.objects.update(slow_mode_seconds=30)
    one, two = (Draft(house.room.pk, house.ben.pk, uuid4(), body) for body in ("one", "two"))
    first, second, again = post_batch([one, two, one])
    assert isinstance(first, protocol.Message)
    assert first == again
    assert isinstance(second, ClientError)
    assert second.retry_after == pytest.approx(30, abs=1)


def test_who_leaves_and_comes_again_waits_all_the_same(house: House) -> None:
    Room.objects.update(slow_mode_seconds=3600)
    house.say()
    rooms.leave(user_id=house.ben.pk, room_id=house.room.pk)
    rooms.join(user_id=house.ben.pk, room_id=house.room.pk)
    assert 3590 < (refused(lambda: house.say("again")).retry_after or 0) <= 3600
    Message.objects.update(created_at=timezone.now() - timedelta(hours=1))
    Membership.objects.update(posted_at=timezone.now() - timedelta(hours=1))
    house.say("again")


def test_rooms_without_slow_mode_write_down_nothing_of_it(house: House) -> None:
    house.say()
    assert not Membership.objects.exclude(posted_at=None).exists()


def test_while_the_site_is_maintained_nothing_is_written(house: House) -> None:
    said, newcomer = house.say(), make_user("new")
    Maintenance.objects.create(pk=1, reason="Moving house until five.")
    for attempt in (
        house.say,
        lambda: house.say(who=house.olga),
        lambda: messages.edit(user_id=house.ben.pk, message_id=said.id, body="x"),
        lambda: messages.delete(user_id=house.ben.pk, message_id=said.id),
        lambda: rooms.join(user_id=newcomer.pk, room_id=house.room.pk),
    ):
        error = refused(attempt)
        assert (error.code, error.detail, error.retry_after) == ("unavailable", "Moving house until five.", 30)
    assert history.page(user_id=house.ben.pk, room_id=house.room.pk).messages
    Maintenance.objects.all().delete()
    house.say()


@pytest.mark.parametrize("what", ["post", "edit", "delete", "join"])
def test_maintenance_holds_for_who_waited_for_the_lock_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    said, newcomer, lock = house.say(), make_user("new"), sql.lock_rooms
    do: dict[str, Callable[[], object]] = {
        "post": house.say,
        "edit": lambda: messages.edit(user_id=house.ben.pk, message_id=said.id, body="x"),
        "delete": lambda: messages.delete(user_id=house.ben.pk, message_id=said.id),
        "join": lambda: rooms.join(user_id=newcomer.pk, room_id=house.room.pk),
    }

    def wait(room_ids: Iterable[int]) -> list[sql.LockedRoom]:
        """What that statement sees is from before the wait."""
        found = lock(room_ids)
        Maintenance.objects.get_or_create(pk=1, reason="Moving house.")
        return found

    monkeypatch.setattr(sql, "lock_rooms", wait)
    assert refused(do[what]).code == "unavailable"


def test_a_ban_shuts_every_door(house: House) -> None:
    Room.objects.update(is_default=True)
    link = invitations.create(user_id=house.olga.pk, room_id=house.room.pk)
    house.say("here I was")
    restrictions.ban(**house.upon, seconds=None)
    for attempt in (
        lambda: rooms.join(user_id=house.ben.pk, room_id=house.room.pk),
        lambda: rooms.add(by_id=house.olga.pk, room_id=house.room.pk, user_id=house.ben.pk),
        lambda: invitations.accept(code=link.code, user_id=house.ben.pk),
        lambda: history.page(user_id=house.ben.pk, room_id=house.room.pk),
        house.say,
    ):
        assert refused(attempt).code == "forbidden"
    rooms.join_default_rooms(user_id=house.ben.pk)
    assert not Membership.objects.filter(user=house.ben).exists()
    restrictions.unban(**house.upon)
    rooms.join(user_id=house.ben.pk, room_id=house.room.pk)


def test_a_ban_ends_the_links_of_whom_it_puts_out_and_taking_it_back_opens_them(house: House) -> None:
    theirs = invitations.create(user_id=house.ben.pk, room_id=house.room.pk)
    ended = invitations.create(user_id=house.ben.pk, room_id=house.room.pk)
    invitations.revoke(by=house.by, invitation_id=ended.pk)
    other = invitations.create(user_id=house.olga.pk, room_id=house.room.pk)

    def opens() -> list[bool]:
        return [invitations.is_open(code=link.code) for link in (theirs, ended, other)]

    house.undo(restrictions.ban(**house.upon, seconds=None))
    assert opens() == [True, False, True]
    restrictions.ban(**house.upon, seconds=None)
    restrictions.unban(**house.upon)
    rooms.join(user_id=house.ben.pk, room_id=house.room.pk)
    assert opens() == [False, False, True]


def test_a_private_room_is_no_room_to_whom_it_has_banned() -> None:
    house = House(kind="private")
    restrictions.ban(**house.upon, seconds=None)
    assert refused(lambda: history.page(user_id=house.ben.pk, room_id=house.room.pk)).code == "not_found"


@pytest.mark.parametrize("act", ["remove", "ban"])
def test_taking_it_back_makes_them_what_they_were(house: House, act: str) -> None:
    head = house.say().seq
    Membership.objects.filter(user=house.ben).update(role="moderator", last_read=head)
    before = Membership.objects.values("role", "last_read", "joined_at").get(user=house.ben)
    more = {"seconds": 60} if act == "ban" else {}
    entry = getattr(restrictions, act)(**house.upon, **more)
    assert not Membership.objects.filter(user=house.ben).exists()
    house.undo(entry)
    assert Membership.objects.values("role", "last_read", "joined_at").get(user=house.ben) == before
    house.say()


def test_a_removal_is_not_taken_back_once_they_are_banned_or_here_again(house: House) -> None:
    removed = restrictions.remove(**house.upon)
    banned = restrictions.ban(**house.upon, seconds=None)
    assert refused(lambda: house.undo(removed)).code == "conflict"
    house.undo(banned)
    rooms.join(user_id=house.ben.pk, room_id=house.room.pk)
    assert refused(lambda: house.undo(removed)).code == "conflict"


def test_lifting_a_ban_is_not_taken_back_once_they_have_joined(house: House) -> None:
    restrictions.ban(**house.upon, seconds=None)
    lifted = restrictions.unban(**house.upon)
    rooms.join(user_id=house.ben.pk, room_id=house.room.pk)
    assert refused(lambda: house.undo(lifted)).code == "conflict"


def test_a_room_whose_owner_is_removed_has_another_until_they_are_back(house: House) -> None:
    admin = Actor(make_admin("root").pk, "root", Entry.Via.ADMIN)
    entry = restrictions.remove(by=admin, room_id=house.room.pk, person_id=house.olga.pk, reason="")
    assert Membership.objects.get(role="owner").user == house.ben
    assert refused(lambda: undoing.undo(by=actor(house.ben), entry_id=entry.pk, reason="")).code == "forbidden"
    audit_undoing.undo(entry_id=entry.pk, by=admin)
    roles_now = dict(Membership.objects.values_list("user__username", "role"))
    assert roles_now == {"olga": "owner", "ben": "member"}


def test_nobody_but_a_superuser_acts_upon_one_and_nobody_upon_themselves(house: House) -> None:
    root, staff = make_admin("root"), actor(make_user("staff"), Entry.Via.ADMIN)
    Membership.objects.create(room=house.room, user=root)
    for by in (house.by, staff):
        mute = house.upon | {"by": by, "person_id": root.pk}
        assert refused(lambda mute=mute: restrictions.mute(**mute, seconds=60)).code == "forbidden"
    mute = house.upon | {"person_id": house.olga.pk}
    assert refused(lambda: restrictions.mute(**mute, seconds=60)).code == "forbidden"
    other = actor(make_admin("other"), Entry.Via.ADMIN)
    restrictions.mute(**house.upon | {"by": other, "person_id": root.pk}, seconds=60)


def told(house: House) -> list[tuple[str, str]]:
    """What stands in Ben's inbox of what moderators did."""
    standing = Notification.objects.filter(user=house.ben, kind="moderation", withdrawn_at=None)
    return list(standing.order_by("seq").values_list("title", "body"))


def test_people_are_told_what_was_done_to_them_and_that_stays(house: House) -> None:
    restrictions.mute(**house.upon, seconds=3_600)
    restrictions.ban(**house.upon, seconds=None)
    assert told(house) == [
        ("olga muted you in general for 1 h", "because"),
        ("olga banned you from general", "because"),
    ]


@pytest.mark.parametrize("act", ["mute", "remove", "ban"])
def test_what_was_taken_back_is_told_no_more(house: House, act: str) -> None:
    entry = getattr(restrictions, act)(**house.upon, **({} if act == "remove" else {"seconds": 60}))
    assert len(told(house)) == 1
    house.undo(entry)
    assert told(house) == []


def test_what_was_lifted_is_told_no_more_until_it_holds_again(house: House) -> None:
    muted = [("olga muted you in general for 1 h", "because")]
    restrictions.mute(**house.upon, seconds=3_600)
    lifted = restrictions.unmute(**house.upon)
    assert told(house) == []
    house.undo(lifted)
    assert told(house) == muted
    restrictions.ban(**house.upon, seconds=None)
    lifted = restrictions.unban(**house.upon)
    assert told(house) == [*muted, ("You may come to general again", "")]
    house.undo(lifted)
    assert told(house) == [*muted, ("olga banned you from general", "because")]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (30, "30 s"),
        (90, "90 s"),
        (3_540, "59 min"),
        (3_600, "1 h"),
        (86_400, "1 day"),
        (86_399, "1 day"),
        (601_000, "7 days"),
    ],
)
def test_how_long_it_lasts_is_said_roughly(seconds: float, words: str) -> None:
    assert restraint.lasting(timezone.now() + timedelta(seconds=seconds)) == words
    assert restraint.lasting(timezone.now() - timedelta(seconds=seconds)) == "1 s"
    assert restraint.lasting(None) == ""


def test_a_mute_in_the_place_of_another_is_told_in_its_place(house: House) -> None:
    restrictions.mute(**house.upon, seconds=3_600)
    longer = restrictions.mute(**house.upon, seconds=7 * 86_400)
    assert told(house) == [("olga muted you in general for 7 days", "because")]
    house.undo(longer)
    assert told(house) == [("olga muted you in general for 1 h", "because")]


@pytest.mark.parametrize(("act", "lift"), [("mute", "unmute"), ("ban", "unban")])
@pytest.mark.parametrize("via", [Entry.Via.ADMIN, Entry.Via.COMMAND])
def test_in_the_chat_nobody_ends_what_an_admin_placed(house: House, act: str, lift: str, via: str) -> None:
    admin = Actor(make_admin("root").pk if via == Entry.Via.ADMIN else None, "root", via)
    placed = getattr(restrictions, act)(**house.upon | {"by": admin}, seconds=3_600)
    for attempt in (
        lambda: getattr(restrictions, lift)(**house.upon),
        lambda: getattr(restrictions, act)(**house.upon, seconds=1),
        lambda: house.undo(placed),
    ):
        error = refused(attempt)
        assert (error.code, error.detail) == ("forbidden", "An admin did that. Ask them.")
    Restriction.objects.update(until=timezone.now())
    getattr(restrictions, act)(**house.upon, seconds=1)  # that one is over
    Restriction.objects.update(lifted_at=timezone.now())
    getattr(restrictions, act)(**house.upon | {"by": admin}, seconds=3_600)
    getattr(restrictions, lift)(**house.upon | {"by": admin})


@pytest.mark.parametrize("arrive", ["default", "invited"])
def test_who_signs_up_while_the_site_is_maintained_comes_in_and_nothing_is_said(house: House, arrive: str) -> None:
    Room.objects.update(is_default=True)
    newcomer, code = make_user("new"), invitations.create(user_id=house.olga.pk, room_id=house.room.pk).code
    Maintenance.objects.create(pk=1, reason="Moving house until five.")
    if arrive == "default":
        arrival.enter_default_rooms(user_id=newcomer.pk)
    else:
        assert refused(lambda: invitations.accept(code=code, user_id=newcomer.pk)).code == "unavailable"
        arrival.accept_invitation(code=code, user_id=newcomer.pk)
    assert Membership.objects.filter(user=newcomer, room=house.room).exists()
    head = house.room.head
    house.room.refresh_from_db()
    assert house.room.head == head


def test_an_archived_room_is_restored_by_its_owner_who_takes_that_back(house: House) -> None:
    archived = administration.archive(by=house.by, room_id=house.room.pk, reason="")
    assert refused(lambda: undoing.undo(by=actor(house.ben), entry_id=archived.pk, reason="")).code == "forbidden"
    house.undo(archived)
    house.say()
    again = administration.archive(by=house.by, room_id=house.room.pk, reason="")
    restored = administration.restore(by=house.by, room_id=house.room.pk, reason="")
    assert refused(lambda: house.undo(again)).code == "conflict"
    house.undo(restored)
    assert refused(house.say).code == "forbidden"


def test_what_was_cleared_comes_back_and_what_its_author_deleted_does_not(house: House) -> None:
    texts = [f"**{number}** @olga @room" for number in range(120)]
    said = post_batch([Draft(house.room.pk, house.ben.pk, uuid4(), text) for text in texts])
    own = said[7]
    assert isinstance(own, protocol.Message)
    messages.delete(user_id=house.ben.pk, message_id=own.id)
    before = list(Message.objects.order_by("seq").values("seq", "body", "html", "audience", "edited_at", "deleted_at"))
    entry = removals.clear(**house.upon, count=500)
    assert entry.details == {"count": 119}
    assert not Message.objects.filter(author=house.ben, kind="text", deleted_at=None).exists()
    house.undo(entry)
    after = list(Message.objects.order_by("seq").values("seq", "body", "html", "audience", "edited_at", "deleted_at"))
    assert after == before
    numbers = {one for pair in Message.objects.values_list("seq", "changed") for one in pair}
    house.room.refresh_from_db()
    assert max(numbers) == house.room.head


def test_the_last_ones_are_cleared_and_of_everywhere_no_conversations(house: House) -> None:
    other = make_room("other", house.olga, house.ben)
    said = [house.say(str(number)) for number in range(3)]
    elsewhere = post(Draft(other.pk, house.ben.pk, uuid4(), "elsewhere"))
    removals.clear(**house.upon, count=2)
    standing = Message.objects.filter(author=house.ben, deleted_at=None).values_list("pk", flat=True)
    assert set(standing) == {said[0].id, elsewhere.id}
    entry = removals.clear(**house.upon | {"by": COMMAND, "room_id": None}, count=10)
    assert entry.details == {"count": 2}


def test_clearing_holds_the_room_for_fifty_messages_at_most(house: House) -> None:
    post_batch([Draft(house.room.pk, house.ben.pk, uuid4(), str(number)) for number in range(120)])
    with CaptureQueriesContext(connection) as queries:
        removals.clear(**house.upon, count=120)
    kept = [query["sql"] for query in queries if query["sql"].startswith('INSERT INTO "chat_removal"')]
    assert len(kept) == 3


def test_what_is_forgotten_does_not_come_back(house: House) -> None:
    entry = removals.remove(by=house.by, message_id=house.say("secret").id, reason="")
    assert removals.forget(timezone.now() + timedelta(days=29)) == 0
    assert removals.forget(timezone.now() + timedelta(days=31)) == 1
    assert refused(lambda: house.undo(entry)).code == "conflict"


def test_reports_of_a_conversation_go_to_the_admins() -> None:
    house = House()
    from chat.services import direct

    talk = direct.open_with(user_id=house.ben.pk, people=[house.olga.pk])
    said = post(Draft(talk.id, house.ben.pk, uuid4(), "rude"))
    admin = actor(make_admin("root"), Entry.Via.ADMIN)
    unasked = refused(lambda: removals.remove(by=admin, message_id=said.id, reason=""))
    assert (unasked.code, Message.objects.get(pk=said.id).body) == ("forbidden", "rude")
    reports.report(user_id=house.olga.pk, message_id=said.id, reason="abuse", note="")
    reports.report(user_id=house.olga.pk, message_id=said.id, reason="abuse", note="again")
    (one,) = reports.open_in()
    by_olga = {"report_id": one.pk, "outcome": "removed", "reason": ""}
    assert refused(lambda: reports.handle(by=house.by, **by_olga)).code == "forbidden"
    entry = reports.handle(by=admin, **by_olga)
    assert Message.objects.get(pk=said.id).body == ""
    audit_undoing.undo(entry_id=entry.pk, by=COMMAND)
    assert Message.objects.get(pk=said.id).body == "rude"
    assert reports.open_in().count() == 1
    removals.remove(by=admin, message_id=said.id, reason="")


def test_one_reports_what_one_can_see_and_nothing_of_ones_own() -> None:
    house = House(kind="private")
    said, stranger = house.say(), make_user("stranger")
    fields = {"message_id": said.id, "reason": "spam", "note": ""}
    assert refused(lambda: reports.report(user_id=stranger.pk, **fields)).code == "not_found"
    assert refused(lambda: reports.report(user_id=house.ben.pk, **fields)).code == "forbidden"


def test_a_report_costs_no_more_queries_where_many_moderate(house: House) -> None:
    def cost() -> int:
        said = house.say(who=house.olga)
        with CaptureQueriesContext(connection) as queries:
            reports.report(user_id=house.ben.pk, message_id=said.id, reason="spam", note="")
        return len(queries)

    few = cost()
    people = User.objects.bulk_create(User(username=f"m{number}") for number in range(40))
    Membership.objects.bulk_create(Membership(room=house.room, user=user, role="moderator") for user in people)
    assert cost() == few


def test_a_room_keeps_an_owner(house: House) -> None:
    admin = actor(make_admin("root"), Entry.Via.ADMIN)
    demote = {"by": admin, "room_id": house.room.pk, "person_id": house.olga.pk, "role": "member", "reason": ""}
    assert refused(lambda: roles.change(**demote)).code == "conflict"
    entry = roles.transfer(**house.upon)
    assert dict(Membership.objects.values_list("user__username", "role")) == {"olga": "moderator", "ben": "owner"}
    undoing.undo(by=actor(house.ben), entry_id=entry.pk, reason="")
    assert dict(Membership.objects.values_list("user__username", "role")) == {"olga": "owner", "ben": "member"}


def test_staff_take_no_room_for_themselves_and_none_from_a_superuser(house: House) -> None:
    sam, root = make_user("sam"), make_admin("root")
    Membership.objects.bulk_create([Membership(room=house.room, user=user) for user in (sam, root)])
    by_sam, by_root = actor(sam, Entry.Via.ADMIN), actor(root, Entry.Via.ADMIN)

    def give(to: User, by: Actor) -> Entry:
        return roles.transfer(by=by, room_id=house.room.pk, person_id=to.pk, reason="")

    for to in (sam, root):
        assert refused(lambda to=to: give(to, by_sam)).code == "forbidden"  # type: ignore[misc]
    give(house.ben, by_sam)
    give(sam, by_root)
    taken = give(house.olga, by_root)
    assert refused(lambda: audit_undoing.undo(entry_id=taken.pk, by=by_sam)).code == "forbidden"
    audit_undoing.undo(entry_id=taken.pk, by=by_root)
    to_root = give(root, actor(make_admin("other"), Entry.Via.ADMIN))
    assert refused(lambda: give(house.ben, by_sam)).code == "forbidden"
    assert refused(lambda: audit_undoing.undo(entry_id=to_root.pk, by=by_sam)).code == "forbidden"
    assert Membership.objects.get(room=house.room, role="owner").user == root


def test_a_preview_counts_what_would_be_touched(house: House) -> None:
    for number in range(3):
        house.say(str(number))
    ask = {"room_id": house.room.pk, "person_id": house.ben.pk}
    assert restrictions.preview(act="clear", count=2, **ask) == ["Deletes 2 messages of ben in general."]
    assert "ben leaves general at once." in restrictions.preview(act="ban", count=0, **ask)


def test_acts_upon_a_conversation_there_are_none(house: House) -> None:
    from chat.services import direct

    talk = direct.open_with(user_id=house.ben.pk, people=[house.olga.pk])
    post(Draft(talk.id, house.ben.pk, uuid4(), "hello"))
    upon = house.upon | {"room_id": talk.id, "by": COMMAND}
    for attempt in (
        lambda: restrictions.mute(**upon, seconds=60),
        lambda: restrictions.ban(**upon, seconds=60),
        lambda: roles.transfer(**upon),
        lambda: removals.clear(**upon, count=1),
    ):
        assert refused(attempt).code == "forbidden"
    assert authority.lock(talk.id).is_direct


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("everywhere", [False, True])
def test_once_the_act_is_committed_nothing_more_of_theirs_comes(everywhere: bool) -> None:
    """They post all the while, a thread beside."""
    house = House()
    begun = threading.Event()

    def act() -> None:
        begun.wait(30)
        if everywhere:
            restrictions.mute(**house.upon | {"room_id": None, "by": COMMAND}, seconds=None)
        else:
            restrictions.ban(**house.upon, seconds=None)
        heads.append(Room.objects.values_list("head", flat=True).get(pk=house.room.pk))
        connections.close_all()

    heads: list[int] = []
    moderator = threading.Thread(target=act)
    moderator.start()
    posted = 0
    while moderator.is_alive():
        try:
            house.say()
            posted += 1
        except ClientError:
            break
        finally:
            begun.set()
    moderator.join()
    assert posted
    refused(house.say)
    house.room.refresh_from_db()
    assert [house.room.head] == heads


@pytest.mark.django_db(transaction=True)
def test_of_many_who_mute_somebody_in_no_room_each_comes_in_turn() -> None:
    ben, at_once = make_user("ben"), threading.Barrier(4)

    def mute() -> None:
        at_once.wait(30)
        try:
            restrictions.mute(by=COMMAND, room_id=None, person_id=ben.pk, seconds=60, reason="")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(mute) for _ in range(4)]
    assert [one.result() for one in done] == [None] * 4
    assert Restriction.objects.filter(lifted_at=None).count() == 1


def test_an_admin_who_bans_the_owner_does_not_inherit_the_room(house: House) -> None:
    sam = make_user("sam")
    Membership.objects.create(room=house.room, user=sam, role="moderator")
    Membership.objects.filter(room=house.room).exclude(user__in=[sam, house.olga, house.ben]).delete()
    Membership.objects.filter(room=house.room, user=house.ben).update(role="member")
    by = actor(sam, Entry.Via.ADMIN)
    restrictions.ban(by=by, room_id=house.room.pk, person_id=house.olga.pk, seconds=None, reason="")
    assert Membership.objects.get(room=house.room, role="owner").user == house.ben
