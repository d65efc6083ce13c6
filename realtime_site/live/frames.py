"""The envelope: from a text frame to a typed command, and from an answer to the bytes of a frame. Pure; knows no
socket.

Everything a client can get wrong in a frame is found here and becomes a `ClientError`; nothing else leaves.
"""

import re
from collections.abc import Iterable
from functools import reduce
from itertools import accumulate
from operator import or_
from typing import Any

import msgspec

from realtime_site.live.errors import ClientError

FRAME_BYTES = 64 * 1024
DEPTH = 16
# Integers beyond this are not exact in JavaScript (ECMA-262, Number.MAX_SAFE_INTEGER).
SAFE_INTEGER = 2**53 - 1

# An unterminated string matches too, to the end: otherwise each quote in it would be tried again, in quadratic time.
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.S)
_NO_BRACKET = re.compile(r"[^\[\]{}]+")
_MALFORMED = (msgspec.MsgspecError, UnicodeError, ValueError, RecursionError)
_encoder = msgspec.json.Encoder()

# What a reply carries beside its type and id: by name, or as a structure's own fields.
Fields = dict[str, Any] | msgspec.Struct


class Command(msgspec.Struct, tag_field="type"):
    """What every command has. `id` is the client's, and comes back in the reply."""

    id: int

    def __post_init__(self) -> None:
        if not 0 <= self.id <= SAFE_INTEGER:
            raise ValueError("id is an integer from 0 to 2^53 - 1")


class Ping(Command, tag="ping"):
    """Answered with `pong`."""


class _Envelope(msgspec.Struct):
    id: Any = None
    type: Any = None


class FrameError(ClientError):
    """A `ClientError` that also knows which command it answers, where the frame told."""

    def __init__(self, error: ClientError, command_id: int | None) -> None:
        super().__init__(error.code, error.detail)
        self.command_id = command_id


class Decoder:
    """Decodes the commands of one address, `types` being all of them."""

    def __init__(self, types: Iterable[type[Command]]) -> None:
        kinds = tuple(types)
        self._known = {kind.__struct_config__.tag for kind in kinds}
        self._decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(reduce(or_, kinds))

    def decode(self, text: str) -> Command:
        """One command. Raises `FrameError`."""
        try:
            check_depth(text)
            return self._decoder.decode(text)
        except (ClientError, *_MALFORMED) as error:
            raise self._explain(text, error) from None

    def _explain(self, text: str, error: Exception) -> FrameError:
        try:
            envelope = msgspec.json.decode(text, type=_Envelope)
        except _MALFORMED:
            return FrameError(ClientError("bad_frame", "The frame is not a JSON object."), None)
        known_id = envelope.id if type(envelope.id) is int and 0 <= envelope.id <= SAFE_INTEGER else None
        if isinstance(error, ClientError):
            return FrameError(error, known_id)
        if not isinstance(envelope.type, str) or known_id is None:
            return FrameError(ClientError("bad_frame", "A command has a string `type` and an integer `id`."), known_id)
        if envelope.type not in self._known:
            return FrameError(ClientError("unknown_type", "No such command at this address."), known_id)
        return FrameError(ClientError("invalid", f"{error}."), known_id)


def check_depth(text: str) -> None:
    """Raises `ClientError('bad_frame')` past DEPTH.

    Most frames have few brackets and pass after two counts at C speed.
    """
    if text.count("{") + text.count("[") <= DEPTH:
        return
    brackets = _NO_BRACKET.sub("", _STRING.sub("", text))
    # The only field that may hold brackets, a signal's data, is at most 4 KiB; this bounds the loop below.
    if len(brackets) > 8192:
        raise ClientError("bad_frame", "Too many brackets.")
    if max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets), default=0) > DEPTH:
        raise ClientError("bad_frame", f"Nested deeper than {DEPTH} levels.")


def check_text(text: str, field: str) -> None:
    """Raises `ClientError('invalid')` for what a database or another client could not take: NUL (PostgreSQL) and lone
    surrogates (UTF-8).
    """
    if "\0" in text:
        raise ClientError("invalid", f"`{field}` holds a NUL character.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ClientError("invalid", f"`{field}` holds half a surrogate pair.") from None


def check_json(raw: msgspec.Raw, field: str, limit_bytes: int) -> None:
    """Raises `ClientError('invalid')` unless `raw` is JSON of at most `limit_bytes` that every client can read back
    exactly.
    """
    if len(bytes(raw)) > limit_bytes:
        raise ClientError("invalid", f"`{field}` is larger than {limit_bytes} bytes.")
    try:
        pending: list[Any] = [msgspec.json.decode(raw)]
    except _MALFORMED:
        raise ClientError("invalid", f"`{field}` holds a number or text that cannot be read back.") from None
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            check_text(value, field)
        elif isinstance(value, dict):
            pending.extend(value.keys())
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, int | float) and not abs(value) <= SAFE_INTEGER:
            raise ClientError("invalid", f"`{field}` holds a number beyond 2^53.")


def encode(value: Any) -> str:
    """The text of a frame."""
    return _encoder.encode(value).decode()


def ok(command_id: int, fields: Fields) -> str:
    if isinstance(fields, msgspec.Struct):
        fields = msgspec.structs.asdict(fields)
    return encode({"type": "ok", "id": command_id, **fields})


def error(command_id: int | None, problem: ClientError) -> str:
    answer: dict[str, Any] = {"type": "error", "id": command_id, "code": problem.code, "detail": problem.detail}
    if problem.retry_after is not None:
        answer["retry_after"] = round(problem.retry_after, 3)
    return encode(answer)
