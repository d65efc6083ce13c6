"""The envelope: whatever comes in, a command or a `FrameError` comes out."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import protocol
from realtime_site.live import frames
from realtime_site.live.errors import ClientError
from realtime_site.live.frames import Decoder, FrameError

decoder = Decoder((frames.Ping, *protocol.COMMANDS))


def problem(text: str) -> FrameError:
    with pytest.raises(FrameError) as caught:
        decoder.decode(text)
    return caught.value


def test_a_command_is_decoded_into_its_type() -> None:
    command = decoder.decode('{"type": "room.sync", "id": 7, "room": 3, "after": 12, "unknown": true}')
    assert isinstance(command, protocol.RoomSync)
    assert (command.id, command.room, command.after) == (7, 3, 12)


@pytest.mark.parametrize(
    ("text", "code", "command_id"),
    [
        ("", "bad_frame", None),
        ("no json", "bad_frame", None),
        ("[]", "bad_frame", None),
        ('"ping"', "bad_frame", None),
        ("NaN", "bad_frame", None),
        ('{"type": "ping"}', "bad_frame", None),
        ('{"type": "ping", "id": "7"}', "bad_frame", None),
        ('{"type": "ping", "id": -1}', "bad_frame", None),
        ('{"type": "ping", "id": 9007199254740992}', "bad_frame", None),
        ('{"type": "ping", "id": ' + "1" * 5000 + "}", "bad_frame", None),
        ('{"type": 5, "id": 7}', "bad_frame", 7),
        ('{"type": "nope", "id": 7}', "unknown_type", 7),
        ('{"type": "__init__", "id": 7}', "unknown_type", 7),
        ('{"type": "room.sync", "id": 7}', "invalid", 7),
        ('{"type": "room.sync", "id": 7, "room": 1, "after": -1}', "invalid", 7),
        ('{"type": "room.sync", "id": 7, "room": "1", "after": 0}', "invalid", 7),
        ('{"type": "room.history", "id": 7, "room": 1, "limit": 101}', "invalid", 7),
        ('{"type": "room.history", "id": 7, "room": 1, "before": 1, "after": 1}', "invalid", 7),
        ('{"type": "signal", "id": 7, "room": 1, "name": ""}', "invalid", 7),
        ('{"type": "signal", "id": 7, "room": 1, "name": "x", "data": 1e300}', "invalid", 7),
        ('{"type": "signal", "id": 7, "room": 1, "name": "x", "data": ' + "1" * 5000 + "}", "invalid", 7),
        ('{"type": "signal", "id": 7, "room": 1, "name": "x", "data": "\\u0000"}', "invalid", 7),
        ('{"type": "signal", "id": 7, "room": 1, "name": "x", "data": "' + "y" * 4096 + '"}', "invalid", 7),
    ],
)
def test_a_bad_frame_is_answered_with_its_code(text: str, code: str, command_id: int | None) -> None:
    found = problem(text)
    assert (found.code, found.command_id) == (code, command_id)


SEND: dict[str, Any] = {
    "type": "message.send",
    "id": 1,
    "room": 1,
    "client_id": "2a3f0f60-2b35-4f5e-9d1a-000000000000",
}


@pytest.mark.parametrize("body", ["", "   \n", "a\0b", "x" * 8001])
def test_a_body_that_cannot_be_a_message_is_invalid(body: str) -> None:
    assert problem(json.dumps({**SEND, "body": body})).code == "invalid"


@pytest.mark.parametrize("escaped", [r"\ud800", r"\udfff x", r"\ud83d\ud83d"])
def test_half_a_surrogate_pair_is_refused(escaped: str) -> None:
    text = json.dumps({**SEND, "body": "B"}).replace('"B"', f'"{escaped}"')
    assert problem(text).code in {"invalid", "bad_frame"}


def test_a_text_that_python_could_not_encode_is_refused() -> None:
    assert problem('{"type": "ping", "id": 1, "x": "\ud800"}').code == "bad_frame"


def test_nesting_is_limited_wherever_it_stands() -> None:
    def nested(depth: int) -> str:
        return '{"type": "ping", "id": 1, "x": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"

    assert isinstance(decoder.decode(nested(frames.DEPTH)), frames.Ping)
    assert problem(nested(frames.DEPTH + 1)).code == "bad_frame"
    assert problem(nested(30_000)).code == "bad_frame"


def test_brackets_in_text_are_no_nesting() -> None:
    body = '[{"' * 500
    command = decoder.decode(json.dumps({**SEND, "body": body}))
    assert isinstance(command, protocol.MessageSend)
    assert command.body == body


def test_an_unterminated_string_full_of_quotes_is_refused_in_linear_time() -> None:
    """A quadratic pattern would stand still here for a quarter of a minute."""
    assert problem("[" * 17 + '"' + '\\"' * 32_700).code == "bad_frame"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
tags = st.sampled_from([str(kind.__struct_config__.tag) for kind in protocol.COMMANDS])


@given(st.text())
def test_any_text_is_a_command_or_a_frame_error(text: str) -> None:
    try:
        assert isinstance(decoder.decode(text), frames.Command)
    except FrameError as error:
        assert error.detail


@given(tags, st.dictionaries(st.sampled_from(["id", "room", "seq", "after", "body", "message", "data"]), json_values))
def test_any_fields_are_a_command_or_a_frame_error(tag: str, fields: dict[str, Any]) -> None:
    try:
        assert isinstance(decoder.decode(json.dumps({"type": tag, **fields})), frames.Command)
    except FrameError as error:
        assert error.code in {"bad_frame", "invalid"}


@given(json_values)
def test_what_check_json_lets_through_reads_back_the_same(value: Any) -> None:
    raw = msgspec.Raw(json.dumps(value).encode())
    try:
        frames.check_json(raw, "data", 4096)
    except ClientError:
        return
    assert msgspec.json.decode(msgspec.json.encode(raw)) == msgspec.json.decode(raw)


def test_an_error_says_when_to_try_again() -> None:
    text = frames.error(7, ClientError("rate_limited", "Slow down.", retry_after=1.23456))
    assert json.loads(text) == {
        "type": "error",
        "id": 7,
        "code": "rate_limited",
        "detail": "Slow down.",
        "retry_after": 1.235,
    }
