"""What was said in a room, as a file: JSON lines, or a page to read. Read page by page, never held as a whole.

Conversations are nobody's to take away.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from django.db import transaction
from django.utils.html import escape

from chat import history, protocol
from chat.access import check_not_direct
from chat.models import Message, Room
from realtime_site.audit.log import Actor, Subject, record
from realtime_site.audit.models import Entry
from realtime_site.live.errors import ClientError

# Messages read at once: some 20 ms, and 32 MB were each as long as can be.
PAGE = 500
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class Export:
    """What is exported: the room as it was called, up to which number, and how many messages that is."""

    room_id: int
    slug: str
    name: str
    topic: str
    head: int
    total: int
    at: datetime


def begin(*, by: Actor, room_id: int, form: str, reason: str) -> tuple[Entry, Export]:
    """Logs that it is taken, and by whom; the caller has asked whether they may. Raises `ClientError`: `not_found`,
    `forbidden`, `invalid`.
    """
    if form not in FORMS:
        raise ClientError("invalid", "There are JSON lines and HTML.")
    with transaction.atomic():
        room = Room.objects.filter(pk=room_id).first()
        if room is None:
            raise ClientError("not_found", "No such room.")
        check_not_direct(room)
        total = Message.objects.filter(room=room, seq__lte=room.head).count()
        export = Export(room.pk, room.slug, room.name, room.topic, room.head, total, datetime.now(UTC))
        entry = record(
            by=by,
            action="room.export",
            summary=f"Exported {total:,} message{'' if total == 1 else 's'} of {room.name}.",
            reason=reason,
            room=Subject(room.pk, room.name),
            details={"form": form, "head": room.head, "total": total},
        )
    return entry, export


def page(export: Export, after: int) -> list[protocol.Message]:
    """The messages after number `after`, at most `PAGE` of them; none when that was all."""
    rows = Message.objects.select_related("author").filter(room=export.room_id, seq__gt=after, seq__lte=export.head)
    return history.shown(rows.order_by("seq")[:PAGE])


@dataclass(frozen=True)
class Form:
    """How a file is written: its head, its messages, its end."""

    ending: str
    content_type: str
    head: Callable[[Export], str]
    message: Callable[[protocol.Message], str]
    foot: str = ""

    def pieces(self, messages: list[protocol.Message]) -> Iterator[str]:
        return map(self.message, messages)


# --- JSON lines ------------------------------------------------------------------------------------------------------


def _json_head(export: Export) -> str:
    room = {"id": export.room_id, "slug": export.slug, "name": export.name, "topic": export.topic, "seq": export.head}
    return json.dumps({"room": room, "messages": export.total, "exported_at": export.at.isoformat()}) + "\n"


def _json_message(message: protocol.Message) -> str:
    return _encoder.encode(message).decode() + "\n"


# --- A page to read --------------------------------------------------------------------------------------------------

# Opened from a disk it has no server that would say so: nothing is loaded, nothing runs.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
header { border-bottom: 1px solid #8886; margin-bottom: 1.5rem; }
article { margin: 0 0 1rem; overflow-wrap: anywhere; }
article p { margin: 0.2rem 0; }
time, .quote, .system, .gone { color: light-dark(#57534e, #a8a29e); }
.quote { border-left: 3px solid #8886; padding-left: 0.6rem; font-size: 0.9em; }
pre { overflow-x: auto; padding: 0.6rem; background: #8882; }
.mention { font-weight: 600; }
"""


def _html_head(export: Export) -> str:
    name, topic = escape(export.name), escape(export.topic)
    when = f"{export.total:,} messages, exported {export.at:%Y-%m-%d %H:%M} UTC"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{name}</title><style>{_STYLE}</style></head>\n'
        f"<body><header><h1>{name}</h1><p>{topic}</p><p>{when}</p></header><main>\n"
    )


def _html_message(message: protocol.Message) -> str:
    at = f'<time datetime="{message.created_at.isoformat()}">{message.created_at:%Y-%m-%d %H:%M}</time>'
    if message.kind == "system":
        return f'<article id="m{message.seq}" class="system"><p>{escape(message.body)} {at}</p></article>\n'
    said = '<p class="gone">deleted</p>' if message.deleted_at else f"{_quote(message)}{message.html}"
    edited = " (edited)" if message.edited_at and not message.deleted_at else ""
    who = f"<strong>{escape(message.author.name)}</strong> {at}{edited}"
    return f'<article id="m{message.seq}"><div>{who}</div>{said}</article>\n'


def _quote(message: protocol.Message) -> str:
    answered = message.reply_to
    if answered is None:
        return ""
    text = "deleted" if answered.deleted else answered.text
    return f'<p class="quote"><a href="#m{answered.seq}">{escape(answered.author.name)}</a>: {escape(text)}</p>'


FORMS = {
    "jsonl": Form("jsonl", "application/x-ndjson", _json_head, _json_message),
    "html": Form("html", "text/html; charset=utf-8", _html_head, _html_message, "</main></body></html>\n"),
}
