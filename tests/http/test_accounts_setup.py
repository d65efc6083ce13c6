from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from chat.models import Membership
from realtime_site.accounts import first_run
from realtime_site.accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db

GOOD = {"username": "ada", "email": "ada@example.org", "password": "three little words"}


@pytest.fixture
def link(settings):
    settings.SITE_URL = ""
    return first_run.setup_url()


def test_the_link_makes_an_admin_and_leads_into_the_first_room(client, link):
    assert "Welcome" in client.get(link).content.decode()
    response = client.post(link, GOOD)
    assert response.url == "/rooms/general/"
    ada = User.objects.get()
    assert ada.is_superuser
    assert client.session["_auth_user_id"] == str(ada.pk)
    assert set(Membership.objects.filter(user=ada).values_list("room__slug", "role")) == {
        ("general", "owner"),
        ("random", "owner"),
    }
    assert client.get("/admin/").status_code == 200


def test_an_e_mail_address_may_be_left_out(client, link):
    client.post(link, {**GOOD, "email": ""})
    assert User.objects.get().email == ""


def test_where_addresses_must_be_confirmed_the_first_admin_gives_one_and_is_in(client, link, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    assert client.post(link, {**GOOD, "email": ""}).status_code == 400
    client.post(link, GOOD)
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": "ada", "password": GOOD["password"]})
    assert "_auth_user_id" in client.session


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": ""},
        {"username": "a b"},
        {"username": "everyone"},
        {"password": "short"},
        {"password": ""},
        {"email": "x"},
    ],
)
def test_a_mistake_is_said_and_nothing_is_made(client, link, wrong):
    response = client.post(link, GOOD | wrong)
    assert response.status_code == 400
    assert "errorlist" in response.content.decode()
    assert first_run.is_pending()


def test_a_used_link_is_gone(client, link):
    client.post(link, GOOD)
    for response in (Client().get(link), Client().post(link, {**GOOD, "username": "eve"})):
        assert response.status_code == 410
        assert "set up already" in response.content.decode()
    assert User.objects.count() == 1


def test_an_old_link_is_gone_and_says_how_to_get_another(client, link):
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        for response in (client.get(link), client.post(link, GOOD)):
            assert response.status_code == 410
            assert "setup_link" in response.content.decode()
    assert first_run.is_pending()


def test_a_made_up_link_is_not_found(client):
    for response in (client.get("/setup/first.abc.def/"), client.post("/setup/x/", GOOD)):
        assert response.status_code == 404
        assert "setup_link" in response.content.decode()
    assert first_run.is_pending()


def test_whoever_posts_second_is_told_so(client, link, monkeypatch):
    """The check at the top of the view saw nobody; the one inside the transaction sees the winner."""
    make_user("winner")
    monkeypatch.setattr(first_run, "token_state", lambda token: "valid")
    response = client.post(link, GOOD)
    assert response.status_code == 410
    assert not User.objects.filter(username="ada").exists()


def test_setup_without_a_csrf_token_is_refused(link):
    assert Client(enforce_csrf_checks=True).post(link, GOOD).status_code == 403
    assert first_run.is_pending()


def test_the_page_is_kept_by_no_cache_and_sends_its_address_nowhere(client, link):
    response = client.get(link)
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"
