"""What is done to whole rooms: who may, what it changes, the line in the log, the way back."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.utils import timezone

from chat import selectors
from chat.models import Invitation, Message, Room
from chat.services import administration, announcements, invitations, maintenance
from chat.services.messages import Draft, post
from realtime_site.audit.log import COMMAND, Actor
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import undo
from realtime_site.live.errors import ClientError
from tests.factories import make_room, make_user

pytestmark = pytest.mark.django_db

Act = Callable[[Actor, int], Entry]
WHY = "because"

ACTS: dict[str, tuple[Act, str, object]] = {
    "room.archive": (lambda by, room: administration.archive(by=by, room_id=room, reason=WHY), "archived_at", None),
    "room.kind": (lambda by, room: administration.set_kind(by=by, room_id=room, kind="private", reason=WHY), "kind", 0),
    "room.update": (
        lambda by, room: administration.configure(by=by, room_id=room, name="Tea", topic="", reason=WHY),
        "name",
        0,
    ),
    "room.retention": (lambda by, room: administration.keep(by=by, room_id=room, days=30, reason=WHY), "keep_days", 0),
    "room.restrict": (
        lambda by, room: administration.restrict(by=by, room_id=room, slow_mode_seconds=30, reason=WHY),
        "slow_mode_seconds",
        0,
    ),
}
FOR_OWNERS = {"room.archive", "room.kind", "room.retention"}


def actor(user_id: int, name: str = "ana", via: str = Entry.Via.CHAT) -> Actor:
    return Actor(user_id, name, via, "192.0.2.1")


def words(room: Room) -> list[str]:
    return list(Message.objects.filter(room=room, kind="system", deleted_at=None).values_list("body", flat=True))


@pytest.mark.parametrize("action", ACTS)
def test_an_act_is_logged_and_taken_back(action: str) -> None:
    act, field, _ = ACTS[action]
    ana = make_user("ana")
    room = make_room("general", ana)
    before = getattr(room, field)
    entry = act(actor(ana.pk), room.pk)
    room.refresh_from_db()
    assert getattr(room, field) != before
    assert (entry.action, entry.reason, entry.room, entry.room_name) == (action, WHY, room.pk, room.name)
    assert (entry.actor_id, entry.address, entry.via) == (ana.pk, "192.0.2.1", "chat")
    back = undo(entry_id=entry.pk, by=actor(ana.pk, via="admin"))
    room.refresh_from_db()
    assert getattr(room, field) == before
    assert (back.action, back.undoes) == (f"{action}.undo", entry)


@pytest.mark.parametrize("action", ACTS)
@pytest.mark.parametrize("role", ["member", "moderator", "owner", "stranger"])
def test_who_may(action: str, role: str) -> None:
    ana, bob = make_user("ana"), make_user("bob")
    room = make_room("general", ana, *([] if role == "stranger" else [bob]))
    room.memberships.filter(user=bob).update(role=role)
    may = role == "owner" or (role == "moderator" and action not in FOR_OWNERS)
    if may:
        assert ACTS[action][0](actor(bob.pk), room.pk)
        return
    with pytest.raises(ClientError) as caught:
        ACTS[action][0](actor(bob.pk), room.pk)
    assert caught.value.code == "forbidden"
    assert not Entry.objects.exists()


@pytest.mark.parametrize("action", ACTS)
def test_of_an_admin_the_page_has_asked_and_a_conversation_is_nobodys(action: str) -> None:
    ana, bob = make_user("ana"), make_user("bob")
    room = make_room("general", ana)
    assert ACTS[action][0](actor(bob.pk, via="admin"), room.pk)
    talk = Room.objects.create(slug="direct-1", kind="direct", people_key=f"{ana.pk},{bob.pk}")
    with pytest.raises(ClientError) as caught:
        ACTS[action][0](actor(bob.pk, via="admin"), talk.pk)
    assert caught.value.code == "forbidden"


@pytest.mark.parametrize("action", ACTS)
def test_what_changed_again_since_is_not_taken_back(action: str) -> None:
    act, field, _ = ACTS[action]
    ana = make_user("ana")
    room = make_room("general", ana)
    entry = act(actor(ana.pk), room.pk)
    since = {"archived_at": None, "kind": "public", "name": "x", "keep_days": 7, "slow_mode_seconds": 60}[field]
    Room.objects.update(**{field: since})
    with pytest.raises(ClientError) as caught:
        undo(entry_id=entry.pk, by=actor(ana.pk))
    assert caught.value.code == "conflict"
    assert Entry.objects.count() == 1


def test_an_archived_room_is_in_nobodys_list_and_nobody_writes_there_until_it_is_restored() -> None:
    ana, bob = make_user("ana"), make_user("bob")
    room = make_room("general", ana, bob)
    administration.archive(by=actor(ana.pk), room_id=room.pk, reason=WHY)
    assert selectors.rooms_of(bob.pk) == []
    with pytest.raises(ClientError):
        post(Draft(room.pk, bob.pk, uuid4(), "hello"))
    with pytest.raises(ClientError) as caught:
        administration.archive(by=actor(ana.pk), room_id=room.pk, reason=WHY)
    assert caught.value.code == "conflict"
    entry = administration.restore(by=actor(ana.pk), room_id=room.pk, reason=WHY)
    assert entry.summary == "Restored general, with 2 people in it."
    assert [one.id for one in selectors.rooms_of(bob.pk)] == [room.pk]
    assert words(room)[1:] == ["ana archived the room", "ana restored the room"]
    undo(entry_id=entry.pk, by=actor(ana.pk))
    assert selectors.rooms_of(bob.pk) == []


def test_what_concerns_writing_is_said_in_the_room() -> None:
    ana = make_user("ana")
    room = make_room("general", ana)
    entry = administration.restrict(by=actor(ana.pk), room_id=room.pk, slow_mode_seconds=90, read_only=True, reason=WHY)
    undo(entry_id=entry.pk, by=actor(ana.pk))
    assert words(room)[1:] == [
        "ana turned on slow mode: one message every 90 s",
        "ana made the room read-only",
        "ana turned off slow mode",
        "ana let everybody write again",
    ]


def test_a_command_says_nothing_in_the_room() -> None:
    ana = make_user("ana")
    room = make_room("general", ana)
    entry = administration.archive(by=COMMAND, room_id=room.pk, reason=WHY)
    assert (entry.actor, entry.actor_name, words(room)) == (None, "A command", ["ana created the room"])


def test_an_admin_makes_a_room_for_somebody() -> None:
    ana, bob = make_user("ana"), make_user("bob")
    entry = administration.create(
        by=actor(ana.pk, via="admin"), owner_id=bob.pk, name="Tea", topic="", kind="private", reason=WHY
    )
    assert selectors.rooms_of(bob.pk)[0].role == "owner"
    assert (entry.person_id, entry.summary) == (bob.pk, "Made the private room Tea, owned by bob.")


def test_maintenance_is_switched_on_and_off_and_back() -> None:
    ana = actor(make_user("ana").pk, via="admin")
    on = maintenance.switch(by=ana, reason="We move house")
    assert maintenance.current() == "We move house"
    with pytest.raises(ClientError):
        maintenance.switch(by=ana, reason=" ")
    undo(entry_id=on.pk, by=ana)
    assert maintenance.current() is None
    with pytest.raises(ClientError) as caught:
        maintenance.switch(by=ana, reason=None)
    assert caught.value.code == "conflict"
    maintenance.switch(by=ana, reason="Again")
    off = maintenance.switch(by=ana, reason=None)
    undo(entry_id=off.pk, by=ana)
    assert maintenance.current() == "Again"


def test_an_announcement_in_a_room_stays_there_until_it_is_taken_back() -> None:
    ana = make_user("ana")
    room = make_room("general", ana)
    entry = announcements.to_room(by=actor(ana.pk, via="admin"), room_id=room.pk, text="Cake at three", reason=WHY)
    assert words(room)[-1] == "Announcement by ana: Cake at three"
    assert "Cake" not in entry.summary + str(entry.details)
    undo(entry_id=entry.pk, by=actor(ana.pk, via="admin"))
    assert words(room) == ["ana created the room"]


def test_an_invitation_lets_as_many_in_as_it_says() -> None:
    ana, bob, carol = make_user("ana"), make_user("bob"), make_user("carol")
    room = make_room("secret", ana, kind="private")
    code = invitations.create(user_id=ana.pk, room_id=room.pk, days=1, max_uses=1).code
    invitations.accept(code=code, user_id=bob.pk)
    with pytest.raises(ClientError):
        invitations.accept(code=code, user_id=carol.pk)
    assert room.memberships.filter(user=carol).count() == 0
    for days, uses in ((0, None), (1, 0), (400, 1)):
        with pytest.raises(ClientError):
            invitations.create(user_id=ana.pk, room_id=room.pk, days=days, max_uses=uses)


def test_an_invitation_is_revoked_by_its_maker_or_a_moderator_and_comes_back() -> None:
    ana, bob, carol = make_user("ana"), make_user("bob"), make_user("carol")
    room = make_room("secret", ana, bob, carol, kind="private")
    made = invitations.create(user_id=bob.pk, room_id=room.pk)
    with pytest.raises(ClientError) as caught:
        invitations.revoke(by=actor(carol.pk), invitation_id=made.pk)
    assert caught.value.code == "forbidden"
    entry = invitations.revoke(by=actor(bob.pk), invitation_id=made.pk)
    assert invitations.find(code=made.code) is None
    assert made.code not in str(entry.details)
    undo(entry_id=entry.pk, by=actor(ana.pk))
    assert invitations.find(code=made.code) == made
    entry = invitations.revoke(by=actor(ana.pk), invitation_id=made.pk)
    Invitation.objects.update(expires_at=timezone.now())
    with pytest.raises(ClientError):
        undo(entry_id=entry.pk, by=actor(ana.pk))
