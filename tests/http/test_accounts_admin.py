import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission

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


def test_an_admin_revokes_a_token_and_makes_none(client, admin):
    user = make_user()
    token, secret = tokens.create(user_id=user.pk, name="bot")
    assert client.get("/admin/accounts/accesstoken/add/").status_code == 403
    client.post(f"/admin/accounts/accesstoken/{token.pk}/delete/", {"post": "yes"})
    assert not AccessToken.objects.exists()
    assert tokens.authenticate(secret) is None


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


def test_staff_cannot_take_a_superuser_s_second_factor(client, helper):
    factor = Authenticator.objects.create(user=make_admin("boss"), type="totp", data={"secret": "x"})
    client.post(f"/admin/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"})
    client.post(
        "/admin/mfa/authenticator/", {"action": "delete_selected", "_selected_action": [factor.pk], "post": "yes"}
    )
    assert Authenticator.objects.exists()


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
        "audit/entry/?at__year=2026&at__month=11&action=room.archive",
    ],
)
def test_a_list_is_filtered_by_what_it_offers(client, admin, asked):
    assert client.get(f"/admin/{asked}").status_code == 200
