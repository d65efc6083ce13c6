import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from chat.models import Invitation, Membership
from chat.services import invitations, rooms
from realtime_site.accounts.models import User
from tests.factories import make_admin, make_user

pytestmark = pytest.mark.django_db

GOOD = {"username": "bea", "email": "", "password1": "three little words"}


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


@pytest.fixture
def site():
    """A site with an admin and its rooms. Gives the admin."""
    admin = make_admin()
    rooms.create_default_rooms(owner_id=admin.pk)
    return admin


@pytest.fixture
def invited(client, site):
    """A browser that followed an invitation to a private room. Gives the invitation."""
    room = rooms.create(owner_id=site.pk, name="Secret plans", kind="private")
    invitation = invitations.create(user_id=site.pk, room_id=room.pk)
    session = client.session
    session["invitation"] = invitation.code
    session.save()
    return invitation


def test_without_an_invitation_signup_is_closed_and_says_what_to_do(client, site):
    page = client.get("/accounts/signup/").content.decode()
    assert "by invitation" in page
    assert 'name="password1"' not in page


def test_closed_is_closed_to_a_post_too(client, site):
    client.post("/accounts/signup/", GOOD)
    assert not User.objects.filter(username="bea").exists()


def test_an_invitation_opens_signup_and_leads_into_its_room(client, invited):
    page = client.get("/accounts/signup/").content.decode()
    assert "Secret plans" in page
    response = client.post("/accounts/signup/", GOOD)
    assert response.url == "/rooms/secret-plans/"
    bea = User.objects.get(username="bea")
    assert client.session["_auth_user_id"] == str(bea.pk)
    assert set(Membership.objects.filter(user=bea).values_list("room__slug", flat=True)) == {
        "general",
        "random",
        "secret-plans",
    }
    assert "invitation" not in client.session
    assert Invitation.objects.get(pk=invited.pk).uses == 1


def test_an_invitation_that_ended_closes_signup_kindly(client, invited):
    Invitation.objects.update(expires_at=timezone.now())
    page = client.get("/accounts/signup/").content.decode()
    assert "has ended" in page
    client.post("/accounts/signup/", GOOD)
    assert not User.objects.filter(username="bea").exists()


@pytest.mark.parametrize("planted", ["made up", "", 7, None, ["x"]])
def test_nothing_but_a_real_code_opens_signup(client, site, planted):
    session = client.session
    session["invitation"] = planted
    session.save()
    client.post("/accounts/signup/", GOOD)
    assert not User.objects.filter(username="bea").exists()


def test_an_open_site_takes_anybody_into_its_rooms(client, site, settings):
    settings.SIGNUP = "open"
    response = client.post("/accounts/signup/", GOOD)
    assert response.url == "/"
    assert Membership.objects.filter(user__username="bea").count() == 2


def test_before_the_first_account_even_an_open_site_takes_nobody(client, settings):
    settings.SIGNUP = "open"
    assert "terminal" in client.get("/accounts/signup/").content.decode()
    client.post("/accounts/signup/", GOOD)
    assert not User.objects.exists()


def test_nobody_makes_themselves_staff(client, site, settings):
    settings.SIGNUP = "open"
    client.post("/accounts/signup/", {**GOOD, "is_staff": "on", "is_superuser": "on", "is_active": "on", "id": site.pk})
    bea = User.objects.get(username="bea")
    assert (bea.is_staff, bea.is_superuser) == (False, False)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("ADMIN", "taken"),
        ("everyone", "keeps that name"),
        ("Here", "keeps that name"),
        ("bea bloggs", "letters, digits"),
        ("bеа", "letters, digits"),  # two of these letters are Cyrillic
        ("-bea", "letters, digits"),
        ("bea\n", None),
        ("a" * 33, "32"),
        ("../bea", "letters, digits"),
        ("", "required"),
    ],
)
def test_names_that_would_confuse_are_refused(client, site, settings, name, complaint):
    settings.SIGNUP = "open"
    page = client.post("/accounts/signup/", {**GOOD, "username": name})
    if complaint is None:
        assert User.objects.filter(username="bea").exists()
    else:
        assert complaint in page.content.decode()
        assert User.objects.count() == 1


@pytest.mark.parametrize("password", ["short", "password", "12345678", "bea12345" + "", "beabeabea"])
def test_weak_passwords_are_refused(client, site, settings, password):
    settings.SIGNUP = "open"
    client.post("/accounts/signup/", {**GOOD, "username": "beabeabea", "password1": password})
    assert User.objects.count() == (2 if password == "bea12345" else 1)


def test_signing_up_does_not_tell_which_addresses_have_accounts(client, site, settings):
    settings.SIGNUP = "open"
    alice = make_user("alice", email="alice@example.org")
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True, verified=True)
    taken = Client().post("/accounts/signup/", {**GOOD, "username": "one", "email": "alice@example.org"})
    fresh = Client().post("/accounts/signup/", {**GOOD, "username": "two", "email": "new@example.org"})
    assert (taken.status_code, taken.url) == (fresh.status_code, fresh.url)


def test_an_address_of_somebody_else_gives_no_way_into_their_account(client, site, settings):
    settings.SIGNUP = "open"
    alice = make_user("alice", email="alice@example.org")
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True, verified=True)
    client.post("/accounts/signup/", {**GOOD, "email": "alice@example.org"})
    other = Client()
    other.post("/accounts/login/", {"login": "alice@example.org", "password": GOOD["password1"]})
    assert other.session.get("_auth_user_id") != str(alice.pk)


def test_signup_without_a_csrf_token_is_refused(site, settings):
    settings.SIGNUP = "open"
    assert Client(enforce_csrf_checks=True).post("/accounts/signup/", GOOD).status_code == 403
    assert User.objects.count() == 1


def test_signup_sends_nobody_to_another_site(client, site, settings):
    settings.SIGNUP = "open"
    assert client.post("/accounts/signup/", {**GOOD, "next": "https://evil.example/"}).url == "/"


def test_mail_that_cannot_be_sent_keeps_nobody_out(client, site, settings, monkeypatch):
    settings.SIGNUP = "open"

    def refuse(self, *args):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    response = client.post("/accounts/signup/", {**GOOD, "email": "bea@example.org"})
    assert response.url == "/"
    assert User.objects.filter(username="bea").exists()
