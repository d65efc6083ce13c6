import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin import site
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client

from chat.models import Room
from realtime_site.accounts import tokens
from realtime_site.accounts.models import AccessToken, User
from realtime_site.audit.models import Entry
from tests.factories import make_admin, make_user

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def admin(client):
    user = make_admin()
    client.force_login(user)
    return user


@pytest.fixture
def helper(client):
    """Somebody on the staff who may change people, and is no superuser."""
    user = make_user("helper", is_staff=True)
    models = ("user", "accesstoken", "authenticator")
    user.user_permissions.set(Permission.objects.filter(content_type__model__in=models))
    client.force_login(user)
    return user


def test_every_page_about_people_opens(client, admin):
    user = make_user()
    token, _ = tokens.create(user_id=user.pk, name="bot")
    factor = Authenticator.objects.create(user=user, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    for path in (
        PEOPLE,
        f"{PEOPLE}add/",
        f"{PEOPLE}{user.pk}/change/",
        f"{PEOPLE}{user.pk}/password/",
        "/admin/accounts/accesstoken/",
        f"/admin/accounts/accesstoken/{token.pk}/change/",
        "/admin/mfa/authenticator/",
        f"/admin/mfa/authenticator/{factor.pk}/change/",
    ):
        assert client.get(path).status_code == 200, path


def test_an_admin_makes_an_account(client, admin):
    data = {
        "username": "carol",
        "usable_password": "true",
        "password1": "three little words",
        "password2": "three little words",
    }
    client.post(f"{PEOPLE}add/", data)
    assert User.objects.get(username="carol").check_password("three little words")


def test_people_are_never_deleted(client, admin):
    user = make_user()
    assert client.post(f"{PEOPLE}{user.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(PEOPLE, {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"})
    assert User.objects.filter(pk=user.pk).exists()


def test_suspending_several_asks_why_and_can_be_undone(client, admin):
    people = [make_user(name) for name in ("alice", "bob")]
    ids = ",".join(str(user.pk) for user in people)
    asked = client.post(PEOPLE, {"action": "suspend", "_selected_action": ids.split(",")})
    assert asked.url == f"{PEOPLE}several/{ids}/suspend/"
    assert client.post(asked.url, {"confirm": "yes", "seconds": "3600"}).status_code == 422
    client.post(asked.url, {"confirm": "yes", "seconds": "3600", "reason": "Spam"})
    assert set(User.objects.filter(is_active=False)) == set(people)
    assert [entry.reason for entry in Entry.objects.filter(action="person.suspend")] == ["Spam", "Spam"]
    asked = client.post(PEOPLE, {"action": "reinstate", "_selected_action": ids.split(",")})
    client.post(asked.url, {"confirm": "yes", "reason": "Sorry"})
    assert not User.objects.filter(is_active=False).exists()


def test_nobody_locks_themselves_out(client, admin):
    client.post(PEOPLE, {"action": "suspend", "_selected_action": [admin.pk]})
    refused = client.post(f"{PEOPLE}{admin.pk}/suspend/", {"confirm": "yes", "seconds": "", "reason": "Oops"})
    assert refused.status_code == 403
    admin.refresh_from_db()
    assert admin.is_active
    assert 'name="is_active"' not in client.get(f"{PEOPLE}{admin.pk}/change/").content.decode()


def test_a_token_s_digest_and_a_factor_s_secret_are_shown_to_nobody(client, admin):
    token, _ = tokens.create(user_id=admin.pk, name="bot")
    factor = Authenticator.objects.create(user=admin, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    assert token.digest not in client.get(f"/admin/accounts/accesstoken/{token.pk}/change/").content.decode()
    assert "JBSWY3DPEHPK3PXP" not in client.get(f"/admin/mfa/authenticator/{factor.pk}/change/").content.decode()


# Who may write what by a form, with every right there is. All else goes through services.
BY_SUPERUSERS = {"accounts.User": {"add", "change"}, "auth.Group": {"add", "change", "delete"}}
BY_STAFF = {"accounts.User": {"add", "change"}}


@pytest.mark.parametrize(("is_superuser", "writes"), [(True, BY_SUPERUSERS), (False, BY_STAFF)])
def test_nothing_is_written_by_a_form_but_what_is_named_here(rf, is_superuser, writes):
    request = rf.get("/admin/")
    request.user = make_user("sam", is_staff=True, is_superuser=is_superuser)
    request.user.user_permissions.set(Permission.objects.all())
    found = {}
    for model, page in site._registry.items():
        may = {verb for verb in ("add", "change", "delete") if getattr(page, f"has_{verb}_permission")(request)}
        if may and model is not Room:  # it is made by an act
            found[model._meta.label] = may
    assert found == writes


def test_nobody_gives_an_account_another_address(client):
    """Else the link for a new password would go there."""
    boss = make_admin(email="boss@example.org")
    client.force_login(sam := make_user("sam", is_staff=True))
    sam.user_permissions.set(Permission.objects.filter(content_type__app_label="account"))
    assert client.get("/admin/account/emailaddress/").status_code == 200
    data = {"user": boss.pk, "email": "evil@example.com", "verified": "on"}
    assert client.post("/admin/account/emailaddress/add/", data).status_code == 403
    client.post("/accounts/password/reset/", {"email": "evil@example.com"})
    assert not any("/key/" in letter.body for letter in mail.outbox)


def test_credentials_are_taken_away_by_acts_alone(client, admin):
    user = make_user()
    token, _ = tokens.create(user_id=user.pk, name="bot")
    factor = Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    for path in (f"accounts/accesstoken/{token.pk}", f"mfa/authenticator/{factor.pk}"):
        assert client.post(f"/admin/{path}/delete/", {"post": "yes"}).status_code == 403
    assert AccessToken.objects.exists()
    assert Authenticator.objects.exists()


def test_staff_give_nobody_more_power_than_they_have(client, helper):
    user = make_user()
    form = client.get(f"{PEOPLE}{user.pk}/change/").context["adminform"].form
    assert not {"is_superuser", "is_staff", "groups", "user_permissions"} & set(form.fields)
    data = {"username": "alice", "is_active": "on", "is_superuser": "on", "is_staff": "on", "display_name": "Al"}
    client.post(f"{PEOPLE}{user.pk}/change/", data)
    user.refresh_from_db()
    assert user.display_name == "Al"
    assert not user.is_superuser
    assert not user.is_staff


def test_staff_cannot_become_a_superuser_by_way_of_their_account(client, helper):
    boss = make_admin("boss")
    new = "taken over by now"
    client.post(f"{PEOPLE}{boss.pk}/password/", {"password1": new, "password2": new, "usable_password": "true"})
    client.post(f"{PEOPLE}{boss.pk}/change/", {"username": "boss", "email": "helper@example.org"})
    client.post(PEOPLE, {"action": "suspend", "_selected_action": [boss.pk]})
    client.post(f"{PEOPLE}several/{boss.pk}/suspend/", {"confirm": "yes", "seconds": "", "reason": "Mine now"})
    boss.refresh_from_db()
    assert not boss.check_password(new)
    assert boss.email == ""
    assert boss.is_active


def test_what_a_form_changes_is_in_the_log_without_what_it_says(client, admin):
    user = make_user()
    client.post(f"{PEOPLE}{user.pk}/change/", {"username": "alice", "email": "al@example.org", "is_staff": "on"})
    new = "three little words"
    client.post(f"{PEOPLE}{user.pk}/password/", {"password1": new, "password2": new, "usable_password": "true"})
    client.post(f"{PEOPLE}{user.pk}/change/", {"username": "alice", "email": "al@example.org", "is_staff": "on"})
    password, rest = Entry.objects.all()
    assert (password.action, password.actor, password.person) == ("person.change", admin, user)
    assert password.summary == "Changed password of alice by the form."
    assert rest.summary == "Changed email address, staff status of alice by the form."
    assert "example.org" not in str([vars(entry) for entry in (password, rest)])


def test_the_account_of_somebody_on_the_staff_is_changed_by_superusers_alone(client, helper):
    colleague = make_user("colleague", is_staff=True)
    new = "taken over by now"
    data = {"password1": new, "password2": new, "usable_password": "true"}
    assert client.post(f"{PEOPLE}{colleague.pk}/password/", data).status_code == 403
    data = {"username": "colleague", "email": "helper@example.org"}
    assert client.post(f"{PEOPLE}{colleague.pk}/change/", data).status_code == 403
    colleague.refresh_from_db()
    assert not colleague.check_password(new)
    assert colleague.email == ""


def test_groups_are_for_superusers_and_in_the_log(client, admin):
    group = Group.objects.create(name="Helpers")
    right = Permission.objects.get(codename="read_private_room")
    sam = make_user("sam", is_staff=True)
    sam.groups.add(group)
    sam.user_permissions.set(Permission.objects.filter(content_type__model="group"))
    greedy = Client()
    greedy.force_login(sam)
    where = f"/admin/auth/group/{group.pk}/"
    assert greedy.post(f"{where}change/", {"name": "Helpers", "permissions": [right.pk]}).status_code == 403
    assert greedy.post(f"{where}delete/", {"post": "yes"}).status_code == 403
    assert not group.permissions.exists()
    client.post(f"{where}change/", {"name": "Helpers", "permissions": [right.pk]})
    client.post(f"{where}delete/", {"post": "yes"})
    assert [entry.action for entry in Entry.objects.all()] == ["group.delete", "group.change"]


@pytest.mark.parametrize(
    "asked",
    [
        "accounts/user/?password__startswith=a",
        "accounts/user/?access_tokens__digest__startswith=a",
        "accounts/user/?email__regex=^a",
        "accounts/accesstoken/?digest__startswith=a",
        "accounts/accesstoken/?user__password__startswith=a",
        "mfa/authenticator/?data__regex=a",
        "mfa/authenticator/?data__secret__startswith=a",
        "chat/invitation/?code__startswith=a",
        "chat/message/?body__regex=a",
        "chat/message/?kind__regex=a",
        "chat/membership/?room__people_key=1,2",
        "chat/room/?people_key__contains=1",
        "chat/room/?messages__body__startswith=a",
    ],
)
def test_a_list_cannot_be_asked_for_what_it_does_not_show(client, admin, caplog, asked):
    assert client.get(f"/admin/{asked}").status_code == 400
    [record] = [record for record in caplog.records if record.name == "django.security.DisallowedModelAdminLookup"]
    assert (record.levelname, record.exc_info) == ("WARNING", None)


@pytest.mark.parametrize(
    "asked",
    [
        "accounts/user/?is_active__exact=1",
        "accounts/user/?q=alice&o=1",
        "accounts/accesstoken/?q=bot",
        "mfa/authenticator/?type__exact=totp",
        "chat/room/?kind__exact=public&is_default__exact=1",
        "accounts/suspension/?lifted_at__isnull=True",
        "accounts/suspension/?lifted_at__gte=2024-01-01+00%3A00%3A00%2B00%3A00",
        "chat/room/?state=archived&read_only__exact=1",
        "chat/room/?state=open&slow=on",
        "chat/membership/?role__exact=owner",
        "chat/message/?kind__exact=text",
        "chat/room/?state=archived&slow=on",
        "chat/report/?state=all",
        "audit/entry/?at__gte=2026-11-01+00%3A00%3A00%2B00%3A00&action=room.archive",
    ],
)
def test_a_list_is_filtered_by_what_it_offers(client, admin, asked):
    assert client.get(f"/admin/{asked}").status_code == 200
