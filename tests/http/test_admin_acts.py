"""Acts upon people and reports in the admin: who may, what is asked, what is written down, the way back."""

import json
import uuid

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone

from chat import protocol
from chat.models import Membership, Message, Report, Restriction, Room
from chat.services import messages, removals, reports, restrictions, roles
from realtime_site.accounts import sessions, suspensions, tokens
from realtime_site.accounts.models import AccessToken, Suspension, User
from realtime_site.audit import exporting, log
from realtime_site.audit.models import Entry
from realtime_site.audit.undoing import undo
from realtime_site.live.errors import ClientError
from tests.factories import PASSWORD, make_admin, make_room, make_user

pytestmark = pytest.mark.django_db

DO = {"confirm": "yes", "reason": "Because", "seconds": "3600"}


def say(room: Room, author: User, body: str) -> protocol.Message:
    return messages.post(messages.Draft(room_id=room.pk, author_id=author.pk, client_id=uuid.uuid4(), body=body))


def staff(name: str, *rights: str) -> User:
    user = make_user(name, is_staff=True)
    for right in rights:
        app, _, codename = right.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


@pytest.fixture
def scene():
    owner, bob = make_user("owner"), make_user("bob", email="bob@example.org")
    room = make_room("general", owner, bob)
    message = say(room, bob, "Buy this")
    reports.report(user_id=owner.pk, message_id=message.id, reason="spam", note="")
    Authenticator.objects.create(user=bob, type="totp", data={"secret": "x"})
    token, _ = tokens.create(user_id=bob.pk, name="bot")
    browser = Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
    browser.force_login(bob)
    browser.get("/profile/")
    return {
        "person": bob,
        "room": room,
        "token": token,
        "session": UserSession.objects.get(user=bob),
        "browser": browser,
        "report": Report.objects.get(),
    }


def acts(scene):
    """The address of each act, its right, what is posted, the action in the log."""
    bob, room = scene["person"].pk, scene["room"].pk
    account = [
        ("suspend", [bob], "accounts.suspend_user", {}, "person.suspend"),
        ("suspend_several", [bob], "accounts.suspend_user", {}, "person.suspend"),
        ("disconnect", [bob], "accounts.disconnect_user", {"tokens": "on"}, "person.disconnect"),
        ("session", [bob, scene["session"].pk], "accounts.disconnect_user", {}, "person.disconnect"),
        ("token", [bob, scene["token"].pk], "accounts.disconnect_user", {}, "person.token"),
        ("mfa", [bob], "accounts.reset_mfa", {}, "person.mfa"),
        ("password", [bob], "accounts.reset_mfa", {}, "person.password"),
    ]
    rooms = [
        ("person_mute", [bob], {"room": ""}, "member.mute"),
        ("person_remove", [bob], {"room": room}, "member.remove"),
        ("person_ban", [bob], {"room": room}, "member.ban"),
        ("person_clear", [bob], {"room": "", "count": 10}, "member.clear"),
        ("report_remove", [scene["report"].pk], {}, "report.handle"),
        ("report_dismiss", [scene["report"].pk], {}, "report.handle"),
    ]
    found = [(f"accounts_user_{name}", *rest) for name, *rest in account]
    found += [(f"chat_{name}", args, "chat.moderate_room", data, action) for name, args, data, action in rooms]
    return [(reverse(f"admin:{name}", args=args), right, data, action) for name, args, right, data, action in found]


PLACES = range(13)


@pytest.mark.parametrize("place", PLACES)
def test_an_act_asks_for_its_right_and_a_reason_and_is_logged(client, scene, place):
    url, right, data, _ = acts(scene)[place]
    assert client.get(url).status_code == 302
    client.force_login(make_user("nobody"))
    assert client.post(url, DO | data).status_code in {302, 403}
    others = {one for _, one, _, _ in acts(scene)} - {right}
    client.force_login(staff("wrong", *others, "accounts.view_user", "accounts.change_user", "chat.view_room"))
    assert client.get(url).status_code == 403
    assert client.post(url, DO | data).status_code == 403
    assert not Entry.objects.exists()
    client.force_login(helper := staff("right", right))
    assert client.get(url).status_code == 200
    assert client.post(url, DO | data | {"reason": " "}).status_code == 422
    assert client.post(url, DO | data | {"confirm": ""}, follow=False).status_code in {200, 302}
    Entry.objects.all().delete()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(helper)
    assert strict.post(url, DO | data).status_code == 403


@pytest.mark.parametrize("place", PLACES)
def test_an_act_is_done_once_and_written_down(client, scene, place):
    url, right, data, action = acts(scene)[place]
    helper = staff("right", right)
    client.force_login(helper)
    without = {name: value for name, value in (DO | data).items() if name != "confirm"}
    assert client.post(url, without).status_code == 200
    assert not Entry.objects.exists()
    assert client.post(url, DO | data, REMOTE_ADDR="192.0.2.7").status_code == 302
    entry = Entry.objects.get()
    assert (entry.action, entry.reason, entry.actor, entry.person) == (action, "Because", helper, scene["person"])
    assert (entry.via, entry.address) == ("admin", "192.0.2.7")


@pytest.mark.parametrize("place", range(11))
def test_nobody_acts_upon_themselves_nor_upon_somebody_above_them(client, scene, place):
    url, right, data, _ = acts(scene)[place]
    User.objects.filter(pk=scene["person"].pk).update(is_superuser=True)
    client.force_login(staff("right", right))
    assert client.post(url, DO | data).status_code == 403
    User.objects.filter(pk=scene["person"].pk).update(is_staff=True)
    client.force_login(User.objects.get(pk=scene["person"].pk))
    assert client.post(url, DO | data).status_code == 403
    assert not Entry.objects.exists()


@pytest.mark.parametrize("place", PLACES)
def test_what_can_be_undone_is_undone_by_who_has_both_rights(client, scene, place):
    url, right, data, action = acts(scene)[place]
    client.force_login(staff("doer", right))
    client.post(url, DO | data)
    entry = Entry.objects.get()
    way = reverse("admin:audit_entry_undo", args=[entry.pk])
    if action in {"person.disconnect", "person.token", "person.mfa", "person.password"}:
        client.force_login(make_admin())
        assert client.post(way, DO).status_code == 404
        return
    for lacking, status in ((right, 403), ("audit.undo_entry", 404)):
        client.force_login(staff(f"lacks{lacking[:5].replace('.', '')}", lacking))
        assert client.get(way).status_code == client.post(way, DO).status_code == status
    client.force_login(staff("undoer", right, "audit.undo_entry"))
    assert client.get(way).status_code == 200
    assert client.post(way, DO).status_code == 302
    assert Entry.objects.get(undoes=entry).action == f"{action}.undo"
    assert User.objects.get(username="bob").is_active
    assert not Restriction.objects.filter(lifted_at=None).exists()
    assert Membership.objects.filter(user=scene["person"]).exists()
    assert not Message.objects.exclude(deleted_at=None).exists()
    assert client.post(way, DO).status_code == 422


def test_nobody_takes_back_what_was_done_to_them(client):
    boss = log.Actor(make_admin().pk, "Admin", "admin")
    sam = staff("sam", "audit.undo_entry", "chat.moderate_room", "chat.transfer_room", "audit.view_entry")
    room = make_room("general", sam, ben := make_user("ben"))
    message = say(room, sam, "Buy this")
    done = [
        removals.remove(by=boss, message_id=message.id, reason=""),
        restrictions.mute(by=boss, room_id=room.pk, person_id=sam.pk, seconds=None, reason=""),
        roles.transfer(by=boss, room_id=room.pk, person_id=ben.pk, reason=""),
        roles.change(by=boss, room_id=room.pk, person_id=sam.pk, role="member", reason=""),
        restrictions.ban(by=boss, room_id=room.pk, person_id=sam.pk, seconds=None, reason=""),
    ]
    client.force_login(sam)
    for entry in done:
        way = reverse("admin:audit_entry_undo", args=[entry.pk])
        assert client.post(way, DO).status_code == 404
        assert way not in client.get(reverse("admin:audit_entry_changelist")).content.decode()
        with pytest.raises(ClientError, match="to yourself"):
            undo(entry_id=entry.pk, by=log.Actor(sam.pk, "Sam", "admin"))
    assert not Membership.objects.filter(user=sam).exists()


def test_nobody_acts_upon_a_superuser_by_way_of_undo(client):
    boss, other = make_admin(), make_admin("other")
    room = make_room("general", make_user("ana"), boss)
    whom = {"by": log.Actor(other.pk, "Other", "admin"), "room_id": room.pk, "person_id": boss.pk, "reason": ""}
    restrictions.mute(seconds=None, **whom)
    way = reverse("admin:audit_entry_undo", args=[restrictions.unmute(**whom).pk])
    client.force_login(staff("sam", "audit.undo_entry", "chat.moderate_room"))
    assert client.post(way, DO).status_code == 404
    assert not Restriction.objects.filter(lifted_at=None).exists()
    client.force_login(other)
    assert client.post(way, DO).status_code == 302


def test_the_way_back_is_offered_to_who_may_go_it(client, scene):
    looking = ("accounts.view_user", "audit.view_entry")
    for rights, offered in (([], False), (["audit.undo_entry"], True)):
        client.force_login(staff(f"with{len(rights)}", "chat.moderate_room", *looking, *rights))
        told = client.post(reverse("admin:chat_person_mute", args=[scene["person"].pk]), DO | {"room": ""}, follow=True)
        entry = Entry.objects.first()
        pages = [told, client.get(reverse("admin:audit_entry_changelist"))]
        pages.append(client.get(reverse("admin:audit_entry_change", args=[entry.pk])))
        way = reverse("admin:audit_entry_undo", args=[entry.pk])
        assert [way in page.content.decode() for page in pages] == [offered] * 3


def test_the_log_is_not_read_by_way_of_undo(client, scene):
    reading = log.record(by=log.COMMAND, action="room.read", summary="Read it.", reason="Secret")
    client.force_login(staff("sam", "audit.undo_entry", "chat.moderate_room"))
    assert client.get(reverse("admin:audit_entry_undo", args=[reading.pk])).status_code == 404


def test_a_suspended_person_is_out_and_reads_why_only_with_the_right_password(client, scene):
    boss = log.Actor(make_admin().pk, "Admin", "admin")
    suspensions.suspend(by=boss, person_id=scene["person"].pk, seconds=3600, reason="Too loud")
    assert scene["browser"].get("/profile/").status_code == 302
    wrong = client.post("/accounts/login/", {"login": "bob", "password": "not it"}).content.decode()
    assert "Too loud" not in wrong
    assert "suspended" not in wrong
    Authenticator.objects.all().delete()
    right = client.post("/accounts/login/", {"login": "bob", "password": PASSWORD})
    assert right.status_code == 403
    assert "Too loud" in right.content.decode()
    Suspension.objects.update(until=timezone.now())
    assert client.post("/accounts/login/", {"login": "bob", "password": PASSWORD}).status_code == 302
    assert client.get("/profile/").status_code == 200
    assert not Suspension.objects.filter(lifted_at=None).exists()


def test_suspensions_that_are_over_are_lifted_together(scene):
    boss = log.Actor(make_admin().pk, "Admin", "admin")
    suspensions.suspend(by=boss, person_id=scene["person"].pk, seconds=60, reason="")
    assert (suspensions.expired(), suspensions.lift_expired()) == (0, 0)
    Suspension.objects.update(until=timezone.now())
    assert (suspensions.expired(), suspensions.lift_expired()) == (1, 1)
    assert User.objects.get(username="bob").is_active


def test_a_suspension_leaves_an_account_as_it_was_before(scene):
    boss = log.Actor(make_admin().pk, "Admin", "admin")
    bob = scene["person"]
    whom = {"by": boss, "person_id": bob.pk, "seconds": 60, "reason": ""}
    for was_active in (False, True):
        User.objects.filter(pk=bob.pk).update(is_active=was_active)
        suspensions.suspend(**whom)
        Suspension.objects.update(until=timezone.now())
        entry = suspensions.suspend(**whom)  # the first is over, and nobody has noticed
        undo(entry_id=entry.pk, by=boss)
        assert User.objects.get(pk=bob.pk).is_active == was_active
        suspensions.suspend(**whom)
        Suspension.objects.update(until=timezone.now())
        assert suspensions.lift_expired() == 1
        bob.refresh_from_db()
        assert suspensions.let_in(bob) == bob.is_active == was_active


def test_who_forgot_their_password_after_a_suspension_gets_a_new_one(client, scene):
    boss = log.Actor(make_admin().pk, "Admin", "admin")
    suspensions.suspend(by=boss, person_id=scene["person"].pk, seconds=60, reason="")
    client.post("/accounts/password/reset/", {"email": "bob@example.org"})
    Suspension.objects.update(until=timezone.now())
    client.post("/accounts/password/reset/", {"email": "Bob@example.org"})
    assert ["/key/" in letter.body for letter in mail.outbox] == [False, True]


def test_an_older_undo_does_not_lift_a_newer_suspension(client, scene):
    boss = log.Actor(make_admin().pk, "Admin", "admin")
    whom = {"by": boss, "person_id": scene["person"].pk, "reason": ""}
    first = suspensions.suspend(seconds=None, **whom)
    suspensions.reinstate(**whom)
    suspensions.suspend(seconds=None, **whom)
    client.force_login(User.objects.get(username="admin"))
    assert client.post(reverse("admin:audit_entry_undo", args=[first.pk]), DO).status_code == 422
    assert not User.objects.get(username="bob").is_active


def test_signing_out_ends_sessions_and_tokens(client, scene):
    client.force_login(staff("right", "accounts.disconnect_user"))
    bob = scene["person"]
    client.post(reverse("admin:accounts_user_disconnect", args=[bob.pk]), DO | {"tokens": "on"})
    assert scene["browser"].get("/profile/").status_code == 302
    assert not AccessToken.objects.filter(user=bob).exists()
    assert sessions.of(bob.pk) == []


def test_a_link_for_a_new_password_is_mailed(client, scene, django_capture_on_commit_callbacks):
    client.force_login(staff("right", "accounts.reset_mfa"))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("admin:accounts_user_password", args=[scene["person"].pk]), DO)
    [letter] = mail.outbox
    assert letter.to == ["bob@example.org"]
    assert "/accounts/password/reset/key/" in letter.body


def test_last_seen_is_written_once_and_then_not_asked(client, scene):
    row = scene["session"]
    assert (row.ip, sessions.of(scene["person"].pk)[0].device) == ("127.0.0.1", "Firefox on Linux")
    Session.objects.get(session_key=row.session_key)
    UserSession.objects.update(last_seen_at="2020-01-01T00:00Z")
    scene["browser"].get("/profile/")
    assert UserSession.objects.get().last_seen_at.year == 2020


def test_people_see_where_they_are_signed_in_and_end_it_elsewhere(client, scene):
    client.force_login(scene["person"])
    client.get("/profile/")
    page = client.get("/accounts/sessions/").content.decode()
    assert "Firefox on Linux" in page
    client.post("/accounts/sessions/")
    assert scene["browser"].get("/profile/").status_code == 302
    assert client.get("/profile/").status_code == 200


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("accounts/user/", "accounts.view_user"),
        ("accounts/user/{person}/", "accounts.view_user"),
        ("accounts/suspension/", "accounts.view_suspension"),
        ("audit/entry/", "audit.view_entry"),
        ("chat/report/", "chat.moderate_room"),
        ("chat/report/{report}/change/", "chat.moderate_room"),
        ("chat/restriction/", "chat.view_restriction"),
    ],
)
def test_a_page_is_for_who_has_its_right(client, scene, path, right):
    path = f"/admin/{path}".format(person=scene["person"].pk, report=scene["report"].pk)
    client.force_login(staff("none", "notifications.view_notification"))
    assert client.get(path).status_code == 403
    client.force_login(staff("one", right))
    assert client.get(path).status_code == 200
    assert client.get("/admin/").status_code == 200


def test_what_was_said_around_a_private_report_is_shown_for_a_reason(client, scene):
    room = scene["room"]
    say(room, User.objects.get(username="owner"), "A secret nearby")
    page = reverse("admin:chat_report_change", args=[scene["report"].pk])
    client.force_login(staff("right", "chat.moderate_room", "chat.read_private_room", "chat.view_room"))
    assert "A secret nearby" in client.get(page).content.decode()
    type(room).objects.update(kind="private")
    hidden = client.get(page).content.decode()
    assert "Buy this" in hidden
    assert "A secret nearby" not in hidden
    client.post(reverse("admin:chat_room_read", args=[room.pk]), DO)
    assert Entry.objects.get().action == "room.read"
    assert "A secret nearby" in client.get(page).content.decode()


def test_a_report_shows_what_was_reported_until_somebody_has_looked(client, scene):
    report, bob = scene["report"], scene["person"]
    Room.objects.update(kind="private")
    page = reverse("admin:chat_report_change", args=[report.pk])
    client.force_login(helper := staff("right", "chat.moderate_room"))
    assert "Buy this" in client.get(page).content.decode()
    messages.edit(user_id=bob.pk, message_id=report.message_id, body="Something else")
    assert "Something else" not in client.get(page).content.decode()
    Message.objects.update(edited_at=None)
    assert "Something else" in client.get(page).content.decode()
    reports.handle(by=log.Actor(helper.pk, "", "admin"), report_id=report.pk, outcome="dismissed", reason="")
    assert "Something else" not in client.get(page).content.decode()


def test_who_is_reported_sees_neither_the_report_nor_who_made_it(client, scene):
    bob = staff("colleague", "chat.moderate_room")
    Message.objects.update(author=bob)
    client.force_login(bob)
    listed = reverse("admin:chat_report_changelist")
    for name in ("change", "remove", "dismiss"):
        page = reverse(f"admin:chat_report_{name}", args=[scene["report"].pk])
        assert page not in client.get(listed).content.decode()
        assert client.get(page).status_code == client.post(page, DO).status_code == 404
    assert "None open" in client.get("/admin/").content.decode()
    assert Report.objects.filter(handled_at=None).exists()


def offered_rooms(client, person, asked=""):
    """The names that the form for a mute chooses from."""
    page = client.get(reverse("admin:chat_person_mute", args=[person.pk]) + asked)
    return [str(room) for room in page.context["form"].fields["room"].queryset.order_by("pk")]


def test_private_rooms_are_named_to_who_may_see_them(client, scene):
    bob = scene["person"]
    other, _ = make_room("other", make_user("o"), kind="private"), make_room("mine", bob, kind="private")
    market = make_room("market", make_user("m"))
    ask, page = f"?room={other.pk}", reverse("admin:accounts_user_person", args=[bob.pk])
    client.force_login(staff("moderates", "chat.moderate_room", "accounts.view_user"))
    assert offered_rooms(client, bob, ask) == offered_rooms(client, bob) == ["general"]
    assert offered_rooms(client, bob, f"?room={market.pk}") == ["general", "market"]
    assert "mine" not in client.get(page).content.decode()
    ban = reverse("admin:chat_person_ban", args=[bob.pk])
    answer = client.post(ban + ask, DO | {"room": other.pk})
    assert (answer.status_code, b"other" in answer.content.replace(b"another", b"")) == (422, False)
    assert not Entry.objects.exists()
    client.force_login(staff("looks", "chat.moderate_room", "accounts.view_user", "chat.view_membership"))
    assert offered_rooms(client, bob, ask) == ["general", "mine"]
    assert "mine" in client.get(page).content.decode()
    client.force_login(staff("sees", "chat.moderate_room", "chat.view_room"))
    assert offered_rooms(client, bob, ask) == ["general", "other", "mine"]


def test_what_holds_in_a_private_room_names_it_to_who_may_see_it(client, scene):
    bob, owner = scene["person"], User.objects.get(username="owner")
    room = make_room("hideout", owner, kind="private")
    by = log.Actor(owner.pk, "owner", Entry.Via.CHAT)
    restrictions.ban(by=by, room_id=room.pk, person_id=bob.pk, seconds=None, reason="")
    restrictions.mute(by=log.COMMAND, room_id=None, person_id=bob.pk, seconds=None, reason="")
    page = reverse("admin:accounts_user_person", args=[bob.pk])
    lift = reverse("admin:chat_restriction_lift", args=[Restriction.objects.get(room=room).pk])
    client.force_login(staff("moderates", "chat.moderate_room", "accounts.view_user"))
    shown = client.get(page).content.decode()
    assert ("hideout" in shown, "All rooms" in shown) == (False, True)
    assert client.get(lift).status_code == 404
    for right in ("chat.view_room", "chat.view_membership"):
        client.force_login(staff(right, "chat.moderate_room", "accounts.view_user", right))
        assert "hideout" in client.get(page).content.decode()
        assert client.get(lift).status_code == 200


def test_the_private_room_of_a_report_is_named_to_who_judges_it(client, scene):
    bob = scene["person"]
    Room.objects.update(kind="private")
    client.force_login(staff("moderates", "chat.moderate_room"))
    assert offered_rooms(client, bob, f"?room={scene['room'].pk}") == ["general"]
    assert offered_rooms(client, User.objects.get(username="owner")) == []


# --- The log --------------------------------------------------------------------------------------------------------


def test_the_log_is_written_by_nobody_in_the_admin(client):
    entry = log.record(by=log.COMMAND, action="a.b", summary="Did it.")
    client.force_login(make_admin())
    assert client.get("/admin/audit/entry/add/").status_code == 403
    for what in ("delete", "change"):
        assert client.post(f"/admin/audit/entry/{entry.pk}/{what}/", {"post": "yes", "summary": "x"}).status_code == 403
    client.post("/admin/audit/entry/", {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert Entry.objects.get().summary == "Did it."


def test_the_log_is_filtered_and_searched(client):
    admin, alice = make_admin(), make_user()
    by = log.Actor(admin.pk, "admin", "admin")
    log.record(by=by, action="person.suspend", summary="One.", person=log.Subject(alice.pk, "alice"))
    log.record(by=by, action="room.archive", summary="Two.", room=log.Subject(7, "garden"))
    client.force_login(admin)
    for asked, found in {
        f"person={alice.pk}": "One.",
        "room=7": "Two.",
        "action=room.archive": "Two.",
        "q=garden": "Two.",
    }.items():
        page = client.get(f"/admin/audit/entry/?{asked}").content.decode()
        assert found in page, asked
        assert ("Two." if found == "One." else "One.") not in page, asked
    for asked in (f"actor={admin.pk}", "via__exact=admin"):
        assert "Two." in client.get(f"/admin/audit/entry/?{asked}").content.decode()
    assert client.get("/admin/audit/entry/?person=x&room=99999999999999999999").status_code == 200
    assert client.get("/admin/audit/entry/?actor__password__startswith=a").status_code == 400


@pytest.mark.django_db(transaction=True)
async def test_what_is_filtered_is_exported_and_that_is_logged():
    from asgiref.sync import sync_to_async

    def prepare():
        log.record(by=log.COMMAND, action="a.b", summary="Hidden.")
        log.record(by=log.COMMAND, action="c.d", summary="=SUM(A1)", reason="+1")
        return staff("no", "audit.view_entry"), staff("yes", "audit.view_entry", "audit.export_entry")

    outsider, exporter = await sync_to_async(prepare)()
    url = "/admin/audit/entry/export/?action=c.d"
    client = AsyncClient()
    await sync_to_async(client.force_login)(outsider)
    assert (await client.post(url, {"form": "csv"})).status_code == 403
    await sync_to_async(client.force_login)(exporter)
    assert (await client.get(url)).status_code == 405
    rows = {}
    for form in exporting.CONTENT_TYPES:
        answer = await client.post(url, {"form": form})
        rows[form] = b"".join([piece async for piece in answer]).decode()
    assert "'=SUM(A1)" in rows["csv"]
    assert "'+1" in rows["csv"]
    assert "Hidden" not in rows["csv"] + rows["jsonl"]
    [line] = rows["jsonl"].splitlines()
    assert json.loads(line)["summary"] == "=SUM(A1)"
    assert await Entry.objects.filter(action="log.export", actor=exporter).acount() == 2
