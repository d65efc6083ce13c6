"""Frames on the wire, against the reader and writer of the library `websockets`."""

from collections.abc import Generator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from realtime_site.live.rfc6455 import Taken, take_plain, text_frame

short = st.text(max_size=200)
# Around the sizes where the length field changes.
sized = st.sampled_from([0, 1, 125, 126, 127, 65_535]).map("é".ljust).filter(lambda text: len(text.encode()) < 65_536)


def masked(text: str) -> bytes:
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=True)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_text_frame_is_read_back_by_others(size: int) -> None:
    reader = StreamReader()
    reader.feed_data(text_frame("x" * size))
    parsing: Generator[None, None, Frame] = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as done:
        next(parsing)
    assert done.value.value == Frame(Opcode.TEXT, b"x" * size)


@given(st.lists(short | sized, max_size=5), st.binary(max_size=40))
@example(["a", ""], b"\x81")
def test_whole_texts_are_taken_and_what_follows_is_left(texts: list[str], after: bytes) -> None:
    data = b"".join(map(masked, texts)) + after
    taken = take_plain(data, 100)
    assert taken.texts[: len(texts)] == texts
    assert data.endswith(taken.rest)
    assert len(taken.rest) <= len(after)


@given(st.lists(short, min_size=1, max_size=4), st.data())
def test_wherever_the_network_cuts_nothing_is_lost(texts: list[str], data: st.DataObject) -> None:
    wire = b"".join(map(masked, texts))
    cut = data.draw(st.integers(0, len(wire)))
    first = take_plain(wire[:cut], 100)
    second = take_plain(first.rest + wire[cut:], 100)
    assert first.texts + second.texts == texts
    assert (first.odd, second.odd, second.rest) == (False, False, b"")


def test_pings_are_taken_with_what_they_say_and_pongs_say_nothing() -> None:
    wire = b"".join(Frame(opcode, b"so?").serialize(mask=True) for opcode in (Opcode.PING, Opcode.PONG, Opcode.PING))
    assert take_plain(wire + masked("text"), 100) == Taken(["text"], b"so?", 3, b"", False)


def test_no_more_texts_are_taken_than_are_wanted() -> None:
    data = masked("a") + masked("b") + masked("c")
    first = take_plain(data, 2)
    assert (first.texts, first.odd) == (["a", "b"], False)
    assert take_plain(first.rest, 2) == Taken(["c"], None, 0, b"", False)


ODD = {
    "the first part": Frame(Opcode.TEXT, b"...", fin=False),
    "the second part": Frame(Opcode.CONT, b"..."),
    "binary": Frame(Opcode.BINARY, b"\x00"),
    "a close": Frame(Opcode.CLOSE, b""),
    "no UTF-8": Frame(Opcode.TEXT, b"\xff"),
    "half a surrogate pair": Frame(Opcode.TEXT, b"\xed\xa0\x80"),
    "64 KiB": Frame(Opcode.TEXT, b"x" * 65_536),
    "a long ping": b"\x89\xfe\x00\x80" + bytes(4 + 128),
    "not masked": b"\x81\x01xyzwv",
    "a reserved bit": b"\xc1\x81" + bytes(4) + b"x",
    "a length in two bytes where one would do": b"\x81\xfe\x00\x05" + bytes(4) + b"wordy",
}


@pytest.mark.parametrize("what", ODD)
def test_what_is_not_plain_is_left_to_a_reader_that_knows_all(what: str) -> None:
    odd = ODD[what]
    rest = (odd if isinstance(odd, bytes) else odd.serialize(mask=True)) + masked("after")
    assert take_plain(masked("plain") + rest, 100) == Taken(["plain"], None, 0, rest, True)
