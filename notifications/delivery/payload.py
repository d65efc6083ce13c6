"""What is in a push, and how long it is worth something. Pure."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import digest
from typing import Any, NamedTuple
from urllib.parse import urlsplit

# A push service takes 4,096 bytes (RFC 8030 §7.2); the encryption adds 103 (RFC 8188, RFC 8291 §4).
PAYLOAD_BYTES = 3_900
# How long a push service keeps it for a device that is off. Later the inbox is the place for it.
KEPT_FOR = timedelta(days=1)
TOPIC_CHARACTERS = 32  # RFC 8030 §5.4
# Kinds that somebody waits for an answer to.
URGENT = frozenset({"mention", "reply", "direct", "test"})


class Message(NamedTuple):
    """One push, before encryption. `ttl` is in seconds."""

    body: bytes
    topic: str
    ttl: int
    urgency: str


def show(fields: dict[str, Any], *, kind: str, secret: str, created_at: datetime, now: datetime) -> Message:
    """`fields`: title, body, tag, url, id and perhaps icon, as the service worker shows them."""
    age = max(timedelta(0), now - created_at)
    ttl = max(60, int((KEPT_FOR - age).total_seconds()))
    return Message(_fitting(fields), topic(fields["tag"], secret), ttl, "high" if kind in URGENT else "normal")


def close(tags: Sequence[str], *, secret: str) -> Message:
    """Of one topic with what it closes: where that waits at the push service still, it is replaced by this."""
    ttl = int(KEPT_FOR.total_seconds())
    return Message(_encode({"close": list(tags)}), topic(tags[0], secret), ttl, "normal")


def topic(tag: str, secret: str) -> str:
    """Tells the push service which pushes replace each other, and not what they are about or who else gets them."""
    return urlsafe_b64encode(digest(secret.encode(), tag.encode(), sha256))[:TOPIC_CHARACTERS].decode()


def _fitting(fields: dict[str, Any]) -> bytes:
    """Cuts the text where it has to; where the rest alone is too long, leaves out the icon, then the query of the url.

    Raises ValueError where that is not enough.
    """
    for shorter in (fields, _without_icon(fields), _without_query(_without_icon(fields))):
        if len(_encode({"show": shorter | {"title": "", "body": ""}})) <= PAYLOAD_BYTES:
            return _cut(dict(shorter))
    raise ValueError("The url and the tag are too long for a push.")


def _without_icon(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "icon"}


def _without_query(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {"url": urlsplit(fields["url"])._replace(query="", fragment="").geturl()}


def _cut(fields: dict[str, Any]) -> bytes:
    """Halves the longer of body and title until it fits."""
    while len(encoded := _encode({"show": fields})) > PAYLOAD_BYTES:
        longest = max(("body", "title"), key=lambda name: len(fields[name]))
        half = fields[longest][: (len(fields[longest]) - 1) // 2].rstrip()
        fields[longest] = f"{half}…" if half else ""
    return encoded


def _encode(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
