"""What comes by e-mail: one letter a person, of what they have not seen, which says how to end it."""

import asyncio
import smtplib
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from notifications.delivery import links
from notifications.delivery.deliverer import Deliverer
from notifications.delivery.push import Pusher
from notifications.models import Delivery, Preferences
from realtime_site.accounts.models import User
from tests.factories import make_user
from tests.notified import make_mail, make_notification

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def site(settings: Any) -> None:
    settings.SITE_URL = "https://chat.example.org"
    settings.SITE_NAME = "Confab"
    settings.DEFAULT_FROM_EMAIL = "Confab <noreply@chat.example.org>"
    settings.NOTIFICATION_ADDRESSES = "notifications.outside.of_accounts"


@pytest.fixture
def alice() -> User:
    return make_user("alice", email="alice@example.org")


def deliver() -> None:
    async def drain() -> None:
        async with Pusher() as pusher:
            await Deliverer(pusher).drain()

    asyncio.run(drain())


def sent() -> list[EmailMultiAlternatives]:
    return django_mail.outbox  # type: ignore[return-value]


def as_received(message: EmailMultiAlternatives) -> EmailMessage:
    return message_from_bytes(message.message().as_bytes(), policy=policy.default)  # type: ignore[return-value]


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found
    return str(found.get_content())


def test_a_person_gets_one_letter_with_all_that_waits(alice: User) -> None:
    bob = make_user("bob", email="bob@example.org")
    later = timezone.now() + timedelta(minutes=9)
    make_mail(make_notification(alice, title="First", url="/rooms/general/7/"))
    make_mail(make_notification(alice, title="Second", body="with a body"), due_at=later)
    make_mail(make_notification(bob, title="For Bob"))
    deliver()
    deliver()
    assert sorted(message.to[0] for message in sent()) == ["alice@example.org", "bob@example.org"]
    letter = as_received(next(message for message in sent() if message.to == ["alice@example.org"]))
    for text in (part(letter, "plain"), part(letter, "html")):
        assert text.index("First") < text.index("Second")
        assert "with a body" in text
        assert "https://chat.example.org/rooms/general/7/" in text
        assert "For Bob" not in text
    assert letter["Subject"] == "[Confab] 2 unread notifications"
    assert list(Delivery.objects.values_list("state", "outcome").distinct()) == [("sent", "The mail server took it.")]


def test_one_notification_is_the_subject_itself(alice: User) -> None:
    make_mail(make_notification(alice, title="Bob in #general"))
    deliver()
    assert sent()[0].subject == "[Confab] Bob in #general"


@pytest.mark.parametrize(("rhythm", "words"), [("daily", "Your day: 2 unread"), ("weekly", "Your week: 2 unread")])
def test_a_digest_says_what_it_is(alice: User, rhythm: str, words: str) -> None:
    Preferences.objects.create(user=alice, email=rhythm)
    make_mail(make_notification(alice))
    make_mail(make_notification(alice))
    deliver()
    letter = as_received(sent()[0])
    assert words in letter["Subject"]
    assert words in part(letter, "plain")
    assert words in part(letter, "html")


def test_what_was_read_or_seen_meanwhile_is_left_out(alice: User) -> None:
    now = timezone.now()
    outcomes = {"read_at": "It was read", "seen_at": "It was seen", "withdrawn_at": "What it was about"}
    for field in outcomes:
        make_mail(make_notification(alice, title=f"Title {field}", **{field: now}))
    make_mail(make_notification(alice, title="Unread"))
    deliver()
    assert [message.subject for message in sent()] == ["[Confab] Unread"]
    assert "Title" not in part(as_received(sent()[0]), "html")
    for field, outcome in outcomes.items():
        row = Delivery.objects.get(notification__title=f"Title {field}")
        assert row.state == "skipped"
        assert row.outcome.startswith(outcome)


def test_where_all_was_read_there_is_no_letter(alice: User) -> None:
    make_mail(make_notification(alice, read_at=timezone.now()))
    deliver()
    assert sent() == []


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ("off", "E-mail was switched off."),
        ("closed", "The account is closed."),
        ("no address", "There was no confirmed e-mail address."),
    ],
)
def test_nobody_gets_a_letter_they_should_not(alice: User, change: str, outcome: str) -> None:
    make_mail(make_notification(alice))
    if change == "off":
        Preferences.objects.create(user=alice, email="never")
    elif change == "closed":
        User.objects.update(is_active=False)
    else:
        User.objects.update(email="")
    deliver()
    assert sent() == []
    assert list(Delivery.objects.values_list("state", "outcome")) == [("skipped", outcome)]


def test_its_headers_are_those_of_a_machine_that_lets_go(alice: User) -> None:
    make_mail(make_notification(alice))
    deliver()
    letter = as_received(sent()[0])
    address = letter["List-Unsubscribe"].strip("<>")
    assert urlsplit(address)[:2] == ("https", "chat.example.org")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@chat.example.org>")
    assert letter["From"] == "Confab <noreply@chat.example.org>"
    assert address in part(letter, "plain")
    assert address in part(letter, "html")


def test_without_https_there_is_no_one_click(alice: User, settings: Any) -> None:
    settings.SITE_URL = "http://192.0.2.1:8000"
    make_mail(make_notification(alice))
    deliver()
    letter = as_received(sent()[0])
    assert letter["List-Unsubscribe"]
    assert letter["List-Unsubscribe-Post"] is None


def test_a_letter_that_goes_out_twice_is_the_same_letter(alice: User) -> None:
    row = make_mail(make_notification(alice))
    deliver()
    Delivery.objects.filter(pk=row.pk).update(state="waiting", due_at=timezone.now())
    deliver()
    first, second = (as_received(message)["Message-ID"] for message in sent())
    assert first == second


@pytest.mark.parametrize("evil", ["Hi\r\nBcc: mallory@example.org", "Hi\nX: y\n\nbody", "Hi\x01\x1b[2J\u2028\u202eX"])
def test_a_title_gets_no_further_than_its_place(alice: User, evil: str) -> None:
    make_mail(make_notification(alice, title=evil, body="<script>alert(1)</script>"))
    deliver()
    letter = as_received(sent()[0])
    assert letter["Bcc"] is None
    assert letter["X"] is None
    assert letter["To"] == "alice@example.org"
    assert letter["Subject"].startswith("[Confab] Hi")
    assert "\u202e" not in letter["Subject"]
    assert "<script>" not in part(letter, "html")
    assert "&lt;script&gt;" in part(letter, "html")


@pytest.mark.parametrize(
    ("url", "there"),
    [
        ('/x/<b>"a"/', "https://chat.example.org/x/%3Cb%3E%22a%22/"),
        ("/a b/?q=1&r=%20", "https://chat.example.org/a%20b/?q=1&r=%20"),
        ("https://shop.example.org/<x>", "https://shop.example.org/%3Cx%3E"),
        ("", "https://chat.example.org/"),
    ],
)
def test_an_address_ends_where_it_ends(alice: User, url: str, there: str) -> None:
    make_mail(make_notification(alice, url=url))
    deliver()
    assert there in part(as_received(sent()[0]), "plain").splitlines()


def test_html_needs_nothing_from_elsewhere(alice: User) -> None:
    make_mail(make_notification(alice))
    deliver()
    html = part(as_received(sent()[0]), "html")
    assert 'style="' in html
    assert "<img" not in html
    assert "<link" not in html
    assert "url(" not in html


def test_a_letter_shows_thirty_and_counts_the_rest(alice: User) -> None:
    for number in range(40):
        make_mail(make_notification(alice, title=f"Title {number:02}"))
    deliver()
    text = part(as_received(sent()[0]), "plain")
    assert text.count("Title ") == 30
    assert "Title 39" in text
    assert "10 more" in text


@pytest.mark.parametrize(
    ("error", "state", "outcome"),
    [
        (ConnectionRefusedError(), "waiting", "The mail server did not take it."),
        (TimeoutError(), "waiting", "The mail server did not take it."),
        (smtplib.SMTPAuthenticationError(535, b"no"), "waiting", "The mail server did not take it."),
        (smtplib.SMTPRecipientsRefused({"x": (450, b"later")}), "waiting", "The mail server did not take it."),
        (smtplib.SMTPRecipientsRefused({"x": (550, b"no such user")}), "failed", "The mail server refused it."),
        (KeyError("a fault of ours"), "waiting", "A fault of the server."),
    ],
)
def test_a_mail_server_that_does_not_take_it_is_asked_again(
    alice: User, monkeypatch: pytest.MonkeyPatch, error: Exception, state: str, outcome: str
) -> None:
    def fail(self: EmailMultiAlternatives, fail_silently: bool = False) -> int:
        raise error

    make_mail(make_notification(alice), attempts=9)
    make_mail(make_notification(alice), attempts=9)
    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", fail)
        deliver()
    rows = list(Delivery.objects.all())
    assert [(row.state, row.outcome, row.attempts) for row in rows] == [(state, outcome, 10)] * 2
    assert len({row.due_at for row in rows}) == 1, "they go together the next time, too"
    if state == "waiting":
        Delivery.objects.update(due_at=timezone.now())
        deliver()
        assert len(sent()) == 1


# --- Unsubscribing --------------------------------------------------------------------------------------------------


@pytest.fixture
def stranger() -> Client:
    """Whoever holds the mail: no session, no cookie, no token."""
    return Client(enforce_csrf_checks=True)


def path_of(user: User) -> str:
    return urlsplit(links.unsubscribe(user.pk)).path


def test_looking_at_the_link_changes_nothing(alice: User, stranger: Client) -> None:
    answer = stranger.get(path_of(alice), secure=True)
    assert answer.status_code == 200
    assert "Send me no more" in answer.content.decode()
    assert not Preferences.objects.exists()


@pytest.mark.parametrize("body", [{"List-Unsubscribe": "One-Click"}, {}])
def test_one_click_ends_the_mails_and_says_how_to_have_them_again(alice: User, stranger: Client, body: Any) -> None:
    make_mail(make_notification(alice))
    Preferences.objects.create(user=alice, push_while_active=True)
    for _ in range(2):
        answer = stranger.post(path_of(alice), body, secure=True)
        assert answer.status_code == 200
        assert "turn it on again" in answer.content.decode()
    preferences = Preferences.objects.get()
    assert (preferences.email, preferences.push_while_active) == ("never", True)
    deliver()
    assert sent() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path[:-3] + "xx/",
        lambda path: "/notifications/unsubscribe/1/",
        lambda path: path.replace(":", ":x", 1),
    ],
)
def test_a_link_that_is_not_ours_does_nothing(alice: User, stranger: Client, change: Callable[[str], str]) -> None:
    assert stranger.post(change(path_of(alice)), secure=True).status_code == 404
    assert not Preferences.objects.exists()


def test_a_link_of_somebody_who_is_gone_does_no_harm(alice: User, stranger: Client) -> None:
    path = path_of(alice)
    alice.delete()
    assert stranger.post(path, secure=True).status_code == 200
    assert not Preferences.objects.exists()
