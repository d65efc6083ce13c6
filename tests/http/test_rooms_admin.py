"""Rooms in the admin: who sees and does what, that it is asked for, logged and taken back."""

import json
import re
import time
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chat.models import Membership, Message, Room
from chat.services import administration, export, invitations, maintenance, restrictions, rooms
from chat.services.messages import Draft, post
from realtime_site.accounts.models import User
from realtime_site.audit.log import COMMAND, Actor
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import undo
from tests.factories import make_admin, make_room, make_user

pytestmark = pytest.mark.django_db

# The act's address, what it needs beside seeing rooms, what is filled in, what the log calls it.
ACTS: list[tuple[str, str, dict[str, Any], str]] = [
    ("configure", "chat.change_room", {"name": "Tea", "topic": "Leaves"}, "room.update"),
    ("restrict", "chat.moderate_room", {"slow_mode_seconds": 30, "read_only": "on"}, "room.restrict"),
    ("kind", "chat.change_room", {"kind": "private"}, "room.kind"),
    ("keep", "chat.change_room", {"days": 30}, "room.retention"),
    ("announce", "chat.announce", {"text": "Cake at three", "token": str(uuid4())}, "room.announce"),
    ("archive", "chat.archive_room", {}, "room.archive"),
]
RIGHTS = ["view_room", "change_room", "moderate_room", "announce", "archive_room", "export_room", "read_private_room"]


def staff(*rights: str, username: str = "sam") -> User:
    user = make_user(username, is_staff=True)
    names = [right.partition(".")[2] or right for right in rights]
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="chat", codename__in=names))
    return user


def browser(user: User | None, **options: Any) -> Client:
    client = Client(**options)
    if user:
        client.force_login(user)
    return client


def say(room: Room, author: User, body: str) -> None:
    post(Draft(room.pk, author.pk, uuid4(), body))


def address(name: str, room: Room) -> str:
    return reverse(f"admin:chat_room_{name}", args=[room.pk])


@pytest.mark.parametrize(("name", "right", "filled", "action"), ACTS)
def test_an_act_needs_its_right_and_is_asked_for_logged_and_taken_back(
    name: str, right: str, filled: dict[str, Any], action: str
) -> None:
    room = make_room("general", make_user("ana"))
    sam = staff("view_room", right)
    client, where = browser(sam), address(name, room)
    assert client.get(where).status_code == 200
    assert client.post(where, filled).status_code == 422  # no reason
    assert client.post(where, filled | {"reason": "why"}).status_code == 200  # asked again, with what it touches
    assert not Entry.objects.exists()
    answer = client.post(where, filled | {"reason": "why", "confirm": "1"}, REMOTE_ADDR="192.0.2.7")
    assert (answer.status_code, answer["Location"]) == (302, address("change", room))
    entry = Entry.objects.get()
    assert (entry.action, entry.actor, entry.via, entry.reason) == (action, sam, "admin", "why")
    assert (entry.room, entry.address) == (room.pk, "192.0.2.7")
    assert undo(entry_id=entry.pk, by=COMMAND).action == f"{action}.undo"


@pytest.mark.parametrize(("name", "right", "filled", "action"), ACTS)
def test_all_other_rights_are_not_enough(name: str, right: str, filled: dict[str, Any], action: str) -> None:
    room = make_room("general", make_user("ana"))
    where, data = address(name, room), filled | {"reason": "why", "confirm": "1"}
    others = [one for one in RIGHTS if one != right.partition(".")[2]]
    for client in (browser(staff(*others, username="with")), browser(staff(right, username="blind"))):
        assert client.get(where).status_code == client.post(where, data).status_code == 403
    for client in (browser(None), browser(make_user("bob"))):
        assert client.post(where, data).status_code == 302  # to the login
    assert not Entry.objects.exists()


@pytest.mark.parametrize("name", [act[0] for act in ACTS] + ["restore", "export", "read"])
def test_a_form_of_another_site_does_nothing(name: str) -> None:
    room = make_room("general", make_user("ana"))
    client = browser(make_admin(), enforce_csrf_checks=True)
    assert client.post(address(name, room), {"reason": "why", "confirm": "1"}).status_code == 403
    assert not Entry.objects.exists()


def test_a_button_that_is_pressed_twice_announces_once_in_the_room() -> None:
    room = make_room("general", make_user("ana"))
    client, where = browser(staff("view_room", "announce")), address("announce", room)
    tokens = [client.get(where).context["form"]["token"].value() for _ in range(2)]
    data = {"text": "Cake", "reason": "why", "confirm": "1", "token": str(tokens[0])}
    answers = [client.post(where, data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    entry = Entry.objects.get()
    assert said_in(room) == ["Cake"]
    assert client.post(where, data | {"text": "Tea"}).status_code == 302  # who goes back, and says something else
    assert client.post(where, data | {"token": str(tokens[1])}).status_code == 302
    assert said_in(room) == ["Cake", "Tea", "Cake"]
    undo(entry_id=entry.pk, by=COMMAND)
    again = client.post(where, data)
    assert (again.status_code, b"taken back" in again.content) == (422, True)
    assert said_in(room) == ["Tea", "Cake"]


def said_in(room: Room) -> list[str]:
    said = Message.objects.filter(room=room, body__startswith="Announcement").order_by("seq")
    return [body.rpartition(": ")[2] for body in said.values_list("body", flat=True)]


def test_a_room_is_restored() -> None:
    room = make_room("general", make_user("ana"))
    client = browser(staff("view_room", "archive_room"))
    client.post(address("archive", room), {"reason": "why", "confirm": "1"})
    assert b"Restore the room" in client.get(address("change", room)).content
    client.post(address("restore", room), {"reason": "why", "confirm": "1"})
    room.refresh_from_db()
    assert room.archived_at is None
    refused = client.post(address("restore", room), {"reason": "why", "confirm": "1"})
    assert (refused.status_code, b"not archived" in refused.content) == (422, True)


def test_a_room_is_given_to_somebody_in_it() -> None:
    ana, bob = make_user("ana"), make_user("bob")
    make_user("stranger")
    room = make_room("general", ana, bob)
    data = {"person": "BOB", "reason": "why", "confirm": "1"}
    assert browser(staff(*RIGHTS, username="without")).post(address("transfer", room), data).status_code == 403
    client = browser(staff("view_room", "transfer_room"))
    for nobody in ("nobody", "stranger"):
        assert client.post(address("transfer", room), data | {"person": nobody}).status_code == 422
    assert client.post(address("transfer", room), data).status_code == 302
    assert room.memberships.get(role="owner").user == bob
    entry = Entry.objects.get()
    assert entry.action == "room.transfer"
    undo(entry_id=entry.pk, by=COMMAND)
    assert room.memberships.get(role="owner").user == ana


def role_of(room: Room, user: User) -> str:
    return room.memberships.get(user=user).role


def role_page(room: Room, user: User) -> str:
    return reverse("admin:chat_room_role", args=[room.pk, user.pk])


def test_a_role_is_changed_from_the_list_of_members_and_given_back() -> None:
    ana, bob = make_user("ana"), make_user("bob")
    room = make_room("general", ana, bob)
    sam = staff("view_room", "transfer_room")
    client, where = browser(sam), role_page(room, bob)
    assert f'href="{where}"' in client.get(address("change", room)).content.decode()
    assert "bob is a member of general." in client.get(where).content.decode()
    asked = client.post(where, {"role": "owner", "reason": "why"}).content.decode()
    assert "The room has 2 owners then." in asked
    assert client.post(where, {"role": "owner", "reason": " ", "confirm": "1"}).status_code == 422
    assert client.post(where, {"role": "king", "reason": "why", "confirm": "1"}).status_code == 422
    assert not Entry.objects.exists()
    data = {"role": "moderator", "reason": "why", "confirm": "1"}
    assert client.post(where, data, REMOTE_ADDR="192.0.2.7")["Location"] == address("change", room)
    assert role_of(room, bob) == "moderator"
    entry = Entry.objects.get()
    assert (entry.action, entry.actor, entry.person, entry.room) == ("member.role", sam, bob, room.pk)
    assert (entry.via, entry.address, entry.reason) == ("admin", "192.0.2.7", "why")
    assert client.post(where, data).status_code == 422  # that is theirs already
    way = reverse("admin:audit_entry_undo", args=[entry.pk])
    for lacking, status in (("undo_entry", 403), ("transfer_room", 404)):
        other = make_user(lacking, is_staff=True)
        rights = {"undo_entry", "transfer_room", "moderate_room", "view_room"} - {lacking}
        other.user_permissions.set(Permission.objects.filter(codename__in=rights))
        assert browser(other).post(way, data).status_code == status
    sam.user_permissions.add(Permission.objects.get(codename="undo_entry"))
    assert client.post(way, data).status_code == 302
    assert role_of(room, bob) == "member"


def test_a_role_is_changed_by_who_may_and_of_whom_they_may() -> None:
    ana, bob, root = make_user("ana"), make_user("bob"), make_admin("root")
    sam = staff("view_room", "transfer_room")
    room, other = make_room("general", ana, bob, root, sam), make_room("other", ana)
    data = {"role": "moderator", "reason": "why", "confirm": "1"}
    for client in (browser(staff(*RIGHTS, username="without")), browser(staff("transfer_room", username="blind"))):
        assert client.get(role_page(room, bob)).status_code == 403
        assert client.post(role_page(room, bob), data).status_code == 403
        assert "/role/" not in client.get(address("change", room)).content.decode()
    client = browser(sam)
    for above in (sam, root):
        assert client.post(role_page(room, above), data).status_code == 403
        assert role_page(room, above) not in client.get(address("change", room)).content.decode()
    assert client.post(role_page(other, bob), data).status_code == 404
    strict = browser(make_admin("strict"), enforce_csrf_checks=True)
    assert strict.post(role_page(room, bob), data).status_code == 403
    assert not Entry.objects.exists()


def test_the_last_owner_stays_one() -> None:
    ana = make_user("ana")
    room = make_room("general", ana)
    client, data = browser(staff("view_room", "transfer_room")), {"role": "member", "reason": "why"}
    assert "would have no owner" in client.post(role_page(room, ana), data).content.decode()
    refused = client.post(role_page(room, ana), data | {"confirm": "1"})
    assert (refused.status_code, b"needs an owner" in refused.content) == (422, True)
    assert role_of(room, ana) == "owner"
    administration.archive(by=COMMAND, room_id=room.pk, reason="")
    assert "/role/" not in client.get(address("change", room)).content.decode()


def test_a_room_is_made_for_its_owner() -> None:
    make_user("ana")
    where = reverse("admin:chat_room_add")
    data = {"name": "Tea", "topic": "", "kind": "private", "owner": "ANA", "reason": "why", "confirm": "1"}
    assert browser(staff("view_room", username="without")).post(where, data).status_code == 403
    client = browser(staff("view_room", "add_room"))
    assert client.post(where, data | {"owner": "nobody"}).status_code == 422
    assert client.post(where, data).status_code == 302
    assert Room.objects.get(name="Tea").memberships.get().user.username == "ana"
    assert Entry.objects.get().action == "room.create"


def queries(client: Client, where: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(where).status_code == 200
    return len(captured)


def test_the_list_costs_the_same_for_many_rooms_and_has_no_conversation() -> None:
    ana, client, where = make_user("ana"), browser(staff("view_room")), reverse("admin:chat_room_changelist")
    Room.objects.bulk_create([Room(slug=f"r{number}", name=f"Room {number}") for number in range(3)])
    rooms.join(user_id=ana.pk, room_id=Room.objects.get(slug="r0").pk)
    Room.objects.create(slug="direct-1", kind="direct", people_key="1,2", name="hidden talk")
    queries(client, where)  # the first of a session notes that it is in use
    few = queries(client, where)
    Room.objects.bulk_create([Room(slug=f"r{number}", name=f"Room {number}") for number in range(3, 150)])
    assert queries(client, where) == few
    answer = client.get(where)
    assert b"hidden talk" not in answer.content
    assert '<td class="field-people">1</td>' in answer.content.decode()
    for query in ("?state=archived", "?slow=on", "?read_only__exact=1", "?kind__exact=public", "?q=Room+7", "?state=x"):
        assert client.get(where + query).status_code == 200


def test_the_page_costs_the_same_for_many_members() -> None:
    ana, client = make_user("ana"), browser(make_admin())
    room = make_room("general", ana)
    where = address("change", room)

    def fill(people: range, lines: range) -> None:
        made = User.objects.bulk_create([User(username=f"u{number}") for number in people])
        Membership.objects.bulk_create([Membership(room=room, user=user) for user in made])
        for number in lines:
            say(room, ana, f"word {number}")
            invitations.create(user_id=ana.pk, room_id=room.pk)
            restrictions.ban(by=COMMAND, room_id=room.pk, person_id=made[number].pk, seconds=None, reason="")

    fill(range(3), range(1))
    queries(client, where)
    few = queries(client, where)
    fill(range(3, 123), range(5))
    assert queries(client, where) == few
    page = client.get(where).content.decode()
    assert "Page 1 of 3" in page
    assert "word 4" in page
    assert invitations.latest(user_id=ana.pk, room_id=room.pk).code not in page  # type: ignore[union-attr]
    assert "@u77" in client.get(where + "?q=u77").content.decode()


def test_a_page_shows_what_one_may() -> None:
    ana = make_user("ana")
    room = make_room("general", ana)
    say(room, ana, "a word")
    page = browser(staff("view_room")).get(address("change", room)).content.decode()
    assert "a word" not in page
    assert "/archive/" not in page
    page = browser(staff("view_room", "view_message", "archive_room", username="kim")).get(address("change", room))
    assert "a word" in page.content.decode()
    assert "/archive/" in page.content.decode()
    assert browser(staff(username="none")).get(address("change", room)).status_code == 403


@pytest.mark.parametrize("kind", ["private", "direct"])
def test_what_is_private_is_read_for_a_reason_for_a_while(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ana, bob = make_user("ana"), make_user("bob")
    room = make_room("secret", ana, bob, kind="private")
    say(room, ana, "<b>a secret</b>")
    if kind == "direct":
        Room.objects.update(kind="direct", people_key=f"{ana.pk},{bob.pk}", name="")
    without = browser(staff("view_room", "view_message", username="without"))
    assert without.get(address("messages", room)).status_code == without.get(address("read", room)).status_code == 403
    client = browser(staff("view_room", "view_message", "read_private_room"))
    assert client.get(address("messages", room))["Location"] == address("read", room)
    if kind == "private":
        assert "a secret" not in client.get(address("change", room)).content.decode()
    else:  # nor who is in it
        asked = client.get(address("read", room)).content.decode()
        assert f"Conversation #{room.pk}" in asked
        assert not {"ana", "bob"} & set(re.findall(r"\w+", asked))
    answer = client.post(address("read", room), {"reason": "a report", "confirm": "1"})
    assert answer["Location"] == address("messages", room)
    entry = Entry.objects.get()
    assert entry.room_name == ("ana, bob" if kind == "direct" else "secret")
    assert (entry.action, entry.reason, entry.room) == ("room.read", "a report", room.pk)
    page = client.get(address("messages", room)).content.decode()
    assert "&lt;b&gt;a secret&lt;/b&gt;" in page
    assert "You may read it until" in page
    other_session = browser(User.objects.get(username="sam"))
    assert other_session.get(address("messages", room)).status_code == 302
    now = time.time()
    monkeypatch.setattr("chat.admin.reading.time.time", lambda: now + 15 * 60 + 1)
    assert client.get(address("messages", room)).status_code == 302


def test_a_conversation_has_no_page_and_no_acts() -> None:
    ana, bob = make_user("ana"), make_user("bob")
    talk = Room.objects.create(slug="direct-1", kind="direct", people_key=f"{ana.pk},{bob.pk}")
    client = browser(make_admin())
    for name in ("change", "export", *(act[0] for act in ACTS)):
        assert client.post(address(name, talk), {"reason": "why", "confirm": "1"}).status_code == 404
    assert not Entry.objects.exists()


def test_messages_are_shown_around_one() -> None:
    ana = make_user("ana")
    room = make_room("general", ana)
    for number in range(60):
        say(room, ana, f"word {number}.")
    client = browser(make_admin())
    newest = client.get(address("messages", room)).content.decode()
    assert "word 59." in newest
    assert "word 5." not in newest
    around = client.get(address("messages", room) + "?around=7").content.decode()
    assert "word 5." in around
    assert "word 59." not in around
    assert client.get(address("messages", room) + "?before=x&around=99999999999999999999").status_code == 200


def test_an_invitation_is_revoked() -> None:
    ana = make_user("ana")
    room, other = make_room("general", ana), make_room("other", ana)
    made = invitations.create(user_id=ana.pk, room_id=room.pk)
    client = browser(staff("view_room", "moderate_room"))
    data = {"reason": "why", "confirm": "1"}
    assert client.post(reverse("admin:chat_room_revoke", args=[other.pk, made.pk]), data).status_code == 404
    client.post(reverse("admin:chat_room_revoke", args=[room.pk, made.pk]), data)
    assert invitations.find(code=made.code) is None
    assert Entry.objects.get().action == "invitation.revoke"


def test_maintenance_is_switched_by_who_may() -> None:
    where = reverse("admin:chat_maintenance_changelist")
    assert browser(staff("view_room", username="without")).post(where, {"reason": "x"}).status_code == 403
    client = browser(staff("maintain_site"))
    assert client.get(where).status_code == 200
    on = {"on": client.get(where).context["form"]["on"].value(), "confirm": "1"}
    assert client.post(where, on).status_code == 422
    # The button pressed twice: both say the same.
    assert [client.post(where, on | {"reason": "We move"}).status_code for _ in range(2)] == [302, 422]
    assert maintenance.current() == "We move"
    assert b"We move" in client.get(where).content
    assert [client.post(where, {"confirm": "1"}).status_code for _ in range(2)] == [302, 422]
    assert maintenance.current() is None
    assert Entry.objects.count() == 2


def test_who_may_join_is_changed_once_by_a_button_pressed_twice() -> None:
    room = make_room("general", make_user("ana"))
    client, where = browser(make_admin()), address("kind", room)
    data = {"kind": client.get(where).context["form"]["kind"].value(), "reason": "why", "confirm": "1"}
    assert [client.post(where, data).status_code for _ in range(2)] == [302, 422]
    room.refresh_from_db()
    assert room.kind == "private"


def test_what_was_said_in_private_is_made_public_by_who_may_read_it() -> None:
    room = make_room("secret", ana := make_user("ana"), kind="private")
    data = {"kind": "public", "reason": "why", "confirm": "1"}
    blind = browser(staff("view_room", "change_room", "view_message", username="blind"))
    assert blind.get(address("kind", room)).status_code == blind.post(address("kind", room), data).status_code == 403
    assert address("kind", room).encode() not in blind.get(address("change", room)).content
    reader = browser(staff("view_room", "change_room", "read_private_room"))
    assert address("kind", room).encode() in reader.get(address("change", room)).content
    assert reader.post(address("kind", room), data).status_code == 302

    entry = administration.set_kind(by=Actor(ana.pk, "ana", "chat"), room_id=room.pk, kind="private", reason="")
    way = reverse("admin:audit_entry_undo", args=[entry.pk])
    for user in User.objects.filter(username__in=["blind", "sam"]):
        user.user_permissions.add(Permission.objects.get(codename="undo_entry"))
    assert [one.post(way, {"reason": "why", "confirm": "1"}).status_code for one in (blind, reader)] == [404, 302]


# --- Exports: written on threads, so the database is real -----------------------------------------------------------


async def exported(user: User, room: Room, form: str) -> Any:
    client = AsyncClient()
    await client.aforce_login(user)
    return await client.post(address("export", room), {"form": form, "reason": "why"})


async def pieces(response: Any) -> list[str]:
    return [piece.decode() async for piece in response.streaming_content]


def filled_room(count: int) -> Room:
    ana = make_user("ana", display_name="A & B")
    room = make_room("general", ana)
    say(room, ana, "**bold** <script>alert(1)</script>")
    Message.objects.bulk_create(
        Message(room=room, author=ana, body=str(number), html=f"<p>{number}</p>", seq=number, changed=number,
                created_at=room.created_at)
        for number in range(3, count + 1)
    )  # fmt: skip
    Room.objects.update(head=count)
    return room


@pytest.mark.django_db(transaction=True)
async def test_an_export_is_written_page_by_page_and_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    from asgiref.sync import sync_to_async

    room, admin = await sync_to_async(filled_room)(2_600), await sync_to_async(make_admin)()
    held: list[int] = []
    page = export.page

    def counted(begun: export.Export, after: int) -> Iterable[Any]:
        found = page(begun, after)
        held.append(len(found))
        return found

    monkeypatch.setattr(export, "page", counted)
    response = await exported(admin, room, "jsonl")
    assert response["X-Total-Messages"] == "2600"
    assert "attachment" in response["Content-Disposition"]
    assert held == []  # nothing is read before it is asked for
    parts = await pieces(response)
    lines = [json.loads(line) for line in "".join(parts).splitlines()]
    assert lines[0]["room"]["slug"] == "general"
    assert [one["seq"] for one in lines[1:]] == list(range(1, 2_601))
    assert held == [500] * 5 + [100, 0]
    assert len(parts) >= 7
    entry = await Entry.objects.aget()
    assert (entry.action, entry.summary) == ("room.export", "Exported 2,600 messages of general.")


@pytest.mark.django_db(transaction=True)
async def test_an_exported_page_is_inert() -> None:
    from asgiref.sync import sync_to_async

    room, admin = await sync_to_async(filled_room)(3), await sync_to_async(make_admin)()
    page = "".join(await pieces(await exported(admin, room, "html")))
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")
    assert "default-src 'none'" in page
    assert "<strong>bold</strong>" in page
    assert "A &amp; B" in page
    assert "<script" not in page.lower()
    assert "src=" not in page.lower().replace("default-src", "")


def test_who_may_export() -> None:
    room, secret = make_room("general", make_user("ana")), make_room("secret", make_user("bob"), kind="private")
    data = {"form": "jsonl", "reason": "why"}
    without = browser(staff("view_room", "read_private_room", username="without"))
    assert without.post(address("export", room), data).status_code == 403
    client = browser(staff("view_room", "export_room"))
    assert client.get(address("export", room)).status_code == 200
    assert client.post(address("export", room), {"form": "jsonl"}).status_code == 422
    assert client.post(address("export", secret), data).status_code == 403
    both = browser(staff("view_room", "export_room", "read_private_room", username="both"))
    assert both.get(address("export", secret)).status_code == 200
    assert not Entry.objects.exists()
