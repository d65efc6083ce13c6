import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

NEW = "quite another sentence"


@pytest.fixture(autouse=True)
def site(settings):
    cache.clear()
    settings.SITE_URL = "https://chat.example.org"
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture
def alice():
    user = make_user("alice", email="alice@example.org")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def ask(client: Client, email: str, **extra):
    return client.post("/accounts/password/reset/", {"email": email}, **extra)


def link_in(message) -> str:
    (path,) = re.findall(r"https://chat\.example\.org(/accounts/password/reset/key/\S+)", message.body)
    return path


def test_a_forgotten_password_is_reset_through_the_mail(client, alice):
    ask(client, "alice@example.org")
    (message,) = mail.outbox
    assert message.to == ["alice@example.org"]
    form = client.get(link_in(message), follow=True)
    assert "new password" in form.content.decode()
    client.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def test_a_reset_link_works_once(client, alice):
    ask(client, "alice@example.org")
    link = link_in(mail.outbox[0])
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert "no longer works" in Client().get(link, follow=True).content.decode()


def test_asking_for_a_reset_does_not_tell_which_addresses_have_accounts(client, alice):
    known, unknown = ask(client, "alice@example.org"), ask(client, "nobody@example.org")
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert [message.to for message in mail.outbox] == [["alice@example.org"], ["nobody@example.org"]]
    assert "/reset/key/" not in mail.outbox[1].body


def test_a_mail_server_that_is_down_does_not_tell_either(client, alice, monkeypatch):
    def refuse(self, *args):
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    known, unknown = ask(client, "alice@example.org"), ask(client, "nobody@example.org")
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


def test_the_link_leads_to_the_site_whatever_host_was_asked(client, alice, settings):
    settings.ALLOWED_HOSTS = ["*"]
    ask(client, "alice@example.org", headers={"host": "evil.example"})
    assert "evil.example" not in mail.outbox[0].body
    assert link_in(mail.outbox[0])


def test_reset_mails_are_limited(client, alice, settings):
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": "20/h/ip,5/h/key"}
    statuses = [ask(Client(REMOTE_ADDR=f"10.0.0.{n}"), "alice@example.org").status_code for n in range(7)]
    assert statuses[:5] == [302] * 5
    assert statuses[5:] == [429] * 2
    assert len(mail.outbox) == 5


def test_changing_the_password_ends_every_other_session(alice):
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
        assert client.get("/profile/").status_code == 200
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert here.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302


def test_changing_the_password_needs_the_present_one(client, alice):
    client.force_login(alice)
    client.post("/accounts/password/change/", {"oldpassword": "guess", "password1": NEW, "password2": NEW})
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_a_changed_password_is_told_by_mail(client, alice):
    client.force_login(alice)
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    (message,) = mail.outbox
    assert "https://chat.example.org/accounts/password/reset/" in message.body


def test_adding_an_address_asks_for_the_password_first(client, alice):
    client.force_login(alice)
    response = client.post("/accounts/email/", {"email": "eve@example.org", "action_add": ""})
    assert response.url.startswith("/accounts/reauthenticate/")
    assert not EmailAddress.objects.filter(email="eve@example.org").exists()
    client.post(response.url, {"password": PASSWORD})
    assert EmailAddress.objects.filter(user=alice, email="eve@example.org", verified=False).exists()
    (message,) = mail.outbox
    assert "https://chat.example.org/accounts/confirm-email/" in message.body


def test_reauthentication_sends_nobody_to_another_site(client, alice):
    client.force_login(alice)
    response = client.post("/accounts/reauthenticate/?next=https://evil.example/", {"password": PASSWORD})
    assert "evil" not in response.headers.get("Location", "")
