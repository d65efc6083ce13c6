"""Every page about accounts: it opens, it looks like the site, and it needs nothing the strict policy forbids."""

import re

import pytest
from django.core.cache import cache
from django.urls import reverse

from realtime_site.accounts import first_run
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

OUTSIDE = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-abc-def/",
    "/accounts/password/reset/key/done/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/xyz/",
    "/accounts/inactive/",
]
INSIDE = [
    "/profile/",
    "/accounts/logout/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
]


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


def check(response) -> None:
    page = response.content.decode()
    assert response.status_code == 200
    assert "tokens.css" in page
    assert 'class="card"' in page
    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert not re.search(r"<script(?![^>]*\ssrc=)", page), "inline script"
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page), "inline style or handler"
    assert page.count('method="post"') == page.count('name="csrfmiddlewaretoken"')
    policy = response["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    for control in re.findall(r'<(?:input|textarea|select)[^>]*\sid="([^"]+)"', page):
        assert f'for="{control}"' in page or re.search(rf'<label>\s*<input[^>]*id="{control}"', page), control


@pytest.mark.parametrize("path", OUTSIDE)
def test_pages_for_people_outside(client, path):
    make_user()
    check(client.get(path, follow=True))


@pytest.mark.parametrize("path", OUTSIDE[:2])
def test_pages_before_the_first_account(client, path):
    check(client.get(path))


@pytest.mark.parametrize("path", INSIDE)
def test_pages_for_people_inside(client, path):
    client.force_login(make_user(email="alice@example.org"))
    client.post("/accounts/reauthenticate/?next=/", {"password": PASSWORD})
    check(client.get(path))


def test_the_open_signup_page(client, settings):
    settings.SIGNUP = "open"
    make_user()
    check(client.get("/accounts/signup/"))
    check(client.post("/accounts/signup/", {"username": "alice", "password1": "x"}))


def test_the_setup_page(client, settings):
    settings.SITE_URL = ""
    check(client.get(first_run.setup_url()))


def test_the_page_with_a_new_token(client):
    client.force_login(make_user())
    response = client.post("/profile/tokens/", {"name": "bot"})
    assert "/revoke/" in response.content.decode()
    check(response)


def test_a_mailed_code_is_no_way_to_confirm_oneself(client):
    """Whoever sits at an unlocked laptop has its mailbox too."""
    client.force_login(make_user(email="alice@example.org"))
    assert client.get("/accounts/reauthenticate/code/").status_code == 403
    assert "/accounts/reauthenticate/code/" not in client.get("/accounts/reauthenticate/").content.decode()


def test_every_page_that_allauth_has_is_named_here_or_known_to_be_off():
    from allauth.urls import urlpatterns
    from django.urls import get_resolver

    resolver = get_resolver()
    names = {name for name in resolver.reverse_dict if isinstance(name, str) and name.startswith(("account_", "mfa_"))}
    assert urlpatterns
    shown = {resolver.resolve(path).url_name for path in OUTSIDE + INSIDE if path != "/profile/"}
    no_page_of_their_own = {
        "account_set_password",  # goes on to the change of the password: nobody here is without one
        "account_confirm_login_code",  # login by mailed code is off
        "account_request_reauthentication_code",  # and so is this
        "account_confirm_reauthentication_code",
        "mfa_authenticate",  # these five are walked through in test_accounts_mfa.py
        "mfa_reauthenticate",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",  # a text file
    }
    assert names == shown | no_page_of_their_own
    assert reverse("accounts:profile") == "/profile/"
