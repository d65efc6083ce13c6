"""Letters: one a person, with all that they have neither read nor seen.

Owns what a letter says and its headers. Who is to get one was decided when the notifications were written; whether that
still holds is asked here again, just before.
"""

import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import css_inline
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string

from notifications.delivery import links, outbox, recheck, standing
from notifications.delivery.facts import Context
from notifications.delivery.outbox import Result, State
from notifications.delivery.outcomes import Outcome
from notifications.delivery.retry import Answer
from notifications.models import Delivery, Notification, Preferences
from notifications.outside import addresses_of

TEMPLATES = TEXT, HTML = "notifications/email/unread.txt", "notifications/email/unread.html"
# What a letter shows; of the rest it says the number.
MOST_SHOWN = 30
SUBJECT_CHARACTERS = 150
HEADER_CHARACTERS = 998
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)  # dark colours cannot be inlined


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail that is to be sent, and the taken rows that it settles."""

    user_id: int
    address: str
    rows: list[Delivery]
    context: Context


@dataclass(frozen=True, slots=True)
class Prepared:
    letters: list[Letter]
    skipped: int


def prepare(now: datetime, lease: datetime, *, people: int) -> Prepared:
    """Takes what is due of at most so many people. Skips what needs no mail any more. Run it in a database thread."""
    with transaction.atomic():
        taken = outbox.take_mail(now, lease, people=people)
        rows = [row for theirs in taken.values() for row in theirs]
        context = Context(rows)
        standings = standing.of_rows(rows, context.notifications)
        skips = {pk: outcome for pk, one in standings.items() if (outcome := recheck.of_notification(one))}
        addresses = addresses_of({row.user_id for row in rows if row.pk not in skips})
        for user_id, theirs in taken.items():
            if outcome := _why_nobody(user_id, context, addresses):
                skips |= {row.pk: outcome for row in theirs if row.pk not in skips}
        outbox.write([Result(row, State.SKIPPED, skips[row.pk]) for row in rows if row.pk in skips], now)
    left = {user_id: [row for row in theirs if row.pk not in skips] for user_id, theirs in taken.items()}
    letters = [Letter(user_id, addresses[user_id], rows, context) for user_id, rows in left.items() if rows]
    return Prepared(letters, len(skips))


def send(letter: Letter) -> Answer:
    """Hands it to the mail server, within seconds (EMAIL_TIMEOUT). Run it in a thread; it asks no database."""
    message = compose(letter)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        for_good = all(code >= 500 for code, _ in error.recipients.values())
        return Answer("failed", Outcome.MAIL_REFUSED) if for_good else Answer("later", Outcome.MAIL_UNREACHABLE)
    except OSError:  # SMTPException is one
        return Answer("later", Outcome.MAIL_UNREACHABLE)
    return Answer("sent", Outcome.MAILED)


def _why_nobody(user_id: int, context: Context, addresses: Mapping[int, str]) -> Outcome | None:
    person = context.people.get(user_id)
    return recheck.of_mail(
        account_open=person is not None and person.is_active,
        has_address=user_id in addresses,
        wanted=_rhythm(user_id, context) != Preferences.Email.NEVER,
    )


def _rhythm(user_id: int, context: Context) -> str:
    preferences = context.preferences.get(user_id)
    return preferences.email if preferences else Preferences.Email.SOON


# --- What it says ----------------------------------------------------------------------------------------------------


def compose(letter: Letter) -> EmailMultiAlternatives:
    context = letter.context
    found = {row.notification_id: context.notifications[row.notification_id or 0] for row in letter.rows}
    newest_last = sorted(found.values(), key=lambda one: (one.created_at, one.pk))
    person, rhythm = context.people[letter.user_id], _rhythm(letter.user_id, context)
    unsubscribe = links.unsubscribe(letter.user_id)
    values = {
        "site_name": links.site_name(),
        "site_url": links.absolute("/"),
        "name": _line(getattr(person, "name", "") or person.get_username()),
        "heading": _heading(rhythm, len(newest_last)),
        "items": [_item(one) for one in newest_last[-MOST_SHOWN:]],
        "more": max(0, len(newest_last) - MOST_SHOWN),
        "unsubscribe": unsubscribe,
        "preferences": links.preferences(),
    }
    message = _Mail(
        subject=_subject(rhythm, newest_last),
        body=render_to_string(TEXT, values),
        to=[letter.address],
        headers=_headers(unsubscribe, letter.rows),
    )
    html = _INLINER.inline(render_to_string(HTML, values))
    message.attach_alternative(html, "text/html")
    return message


class _Mail(EmailMultiAlternatives):
    """Its headers are not folded (RFC 5322 §2.1.1 allows 998): an address that begins on the second line of
    List-Unsubscribe is overlooked by some, the library of Python among them.
    """

    def message(self, *args: Any, **kwargs: Any) -> Any:
        message = super().message(*args, **kwargs)
        message.policy = message.policy.clone(max_line_length=HEADER_CHARACTERS)
        return message


def _headers(unsubscribe: str, rows: list[Delivery]) -> dict[str, str]:
    # Of the rows: a letter that is sent again after a crash has the same, and mailboxes may show it once.
    digest = sha256(",".join(str(row.pk) for row in rows).encode()).hexdigest()[:32]
    host = links.site_host()
    headers = {
        "Message-ID": f"<{digest}@{f'[{host}]' if ':' in host else host}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: no answer from a machine, please
    }
    if unsubscribe:
        headers["List-Unsubscribe"] = f"<{unsubscribe}>"
    if unsubscribe.startswith("https:"):  # RFC 8058 §3.1 wants it so
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _subject(rhythm: str, found: list[Notification]) -> str:
    if rhythm == Preferences.Email.SOON and len(found) == 1:
        return f"[{links.site_name()}] {_line(found[0].title)}"[:SUBJECT_CHARACTERS]
    return f"[{links.site_name()}] {_heading(rhythm, len(found))}"


def _heading(rhythm: str, count: int) -> str:
    unread = "one unread notification" if count == 1 else f"{count} unread notifications"
    if rhythm == Preferences.Email.DAILY:
        return f"Your day: {unread}"
    if rhythm == Preferences.Email.WEEKLY:
        return f"Your week: {unread}"
    return unread[0].upper() + unread[1:]


def _item(one: Notification) -> dict[str, Any]:
    return {"title": _line(one.title), "body": _line(one.body), "url": links.absolute(one.url), "at": one.created_at}


def _line(text: str) -> str:
    """On one line, without what is not to be seen: a title comes from people, and goes into a header too."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
