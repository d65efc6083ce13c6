import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

TOTP, CODES = "/accounts/2fa/totp/", "/accounts/2fa/recovery-codes/"


@pytest.fixture(autouse=True)
def limits(settings):
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,10/15m/key"}


def code_of(secret: str, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def wrong_code(secret: str) -> str:
    right = {code_of(secret, steps) for steps in range(-3, 4)}
    return next(code for code in map(str, range(100_000, 100_100)) if code not in right)


@pytest.fixture
def alice(client):
    """Alice, with a second factor. Her secret is on her."""
    user = make_user("alice")
    client.force_login(user)
    client.post(f"/accounts/reauthenticate/?next={TOTP}activate/", {"password": PASSWORD})
    page = client.get(f"{TOTP}activate/")
    user.secret = page.context["form"].secret
    client.post(f"{TOTP}activate/", {"code": code_of(user.secret)})
    assert Authenticator.objects.filter(user=user, type="totp").exists()
    return user


def password_step(client: Client):
    return client.post("/accounts/login/", {"login": "alice", "password": PASSWORD, "next": "/profile/"})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_secret_is_shown_as_a_picture_that_the_policy_allows(client):
    client.force_login(make_user())
    client.post(f"/accounts/reauthenticate/?next={TOTP}activate/", {"password": PASSWORD})
    response = client.get(f"{TOTP}activate/")
    assert 'src="data:image/svg+xml;base64,' in response.content.decode()
    assert "data:" in response["Content-Security-Policy"]


def test_setting_it_up_asks_for_the_password_first(client):
    client.force_login(make_user())
    assert client.get(f"{TOTP}activate/").url.startswith("/accounts/reauthenticate/")


def test_the_password_alone_is_no_longer_enough(alice):
    client = Client()
    assert password_step(client).url.startswith("/accounts/2fa/authenticate/")
    assert not is_in(client)
    assert client.get("/profile/").status_code == 302


def test_password_and_code_lead_in(alice):
    client = Client()
    password_step(client)
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(alice.secret)}).url == "/profile/"
    assert is_in(client)


def test_a_code_works_once(alice):
    code = code_of(alice.secret)
    for expected in (True, False):
        client = Client()
        password_step(client)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert is_in(client) is expected


def test_a_phone_half_a_minute_off_is_forgiven(alice):
    client = Client()
    password_step(client)
    client.post("/accounts/2fa/authenticate/", {"code": code_of(alice.secret, 1)})
    assert is_in(client)


def test_guessing_codes_stops(alice):
    client = Client()
    password_step(client)
    for _ in range(10):
        client.post("/accounts/2fa/authenticate/", {"code": wrong_code(alice.secret)})
    client.post("/accounts/2fa/authenticate/", {"code": code_of(alice.secret)})
    assert not is_in(client)


def test_a_recovery_code_leads_in_once(alice):
    (codes,) = Authenticator.objects.filter(user=alice, type="recovery_codes")
    code = codes.wrap().get_unused_codes()[0]
    for expected in (True, False):
        client = Client()
        password_step(client)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert is_in(client) is expected


@pytest.mark.parametrize("data", [{}, {"credential": "x"}, {"code": ""}, {"code": "\x00"}, {"code": "9" * 10_000}])
def test_odd_answers_are_just_wrong(alice, data):
    client = Client()
    password_step(client)
    assert client.post("/accounts/2fa/authenticate/", data).status_code in {200, 302, 400}
    assert not is_in(client)


def test_the_second_step_cannot_be_reached_without_the_first(client):
    assert client.get("/accounts/2fa/authenticate/").url.startswith("/accounts/login/")


def test_the_admin_asks_for_the_code_too(alice):
    alice.is_staff = alice.is_superuser = True
    alice.save()
    client = Client()
    password_step(client)
    assert client.get("/admin/").status_code == 302
    client.post("/accounts/2fa/authenticate/", {"code": code_of(alice.secret)})
    assert client.get("/admin/").status_code == 200


def test_turning_it_off_ends_it(client, alice):
    client.post(f"{TOTP}deactivate/")
    assert not Authenticator.objects.filter(user=alice).exists()
    other = Client()
    password_step(other)
    assert is_in(other)
