"""Frames as RFC 6455 §5.2 has them on the wire: those we make, and the plain ones read. Pure.

Plain is what nearly all frames are: whole, masked, a text of under 64 KiB in UTF-8, a ping or a pong. For everything
else there is the library `websockets`, which `live/websocket.py` asks.
"""

from typing import NamedTuple

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform without a compiled wheel
    from websockets.utils import apply_mask

TEXT, BINARY, PING, PONG = 0x1, 0x2, 0x9, 0xA
# The first byte of a whole frame: FIN, and one of the opcodes above.
_PLAIN = {0x80 | TEXT: 65_535, 0x80 | PING: 125, 0x80 | PONG: 125}  # with the longest payload
# The second: the mask bit, and a length, or where the length is.
_MASKED, _LENGTH_16, _LENGTH_64 = 0x80, 126, 127


class Taken(NamedTuple):
    """What a stretch of bytes begins with. `rest` is what is left of it; `odd`, whether that is no plain frame's
    beginning. `controls` counts pings and pongs; of the pings the last is kept.
    """

    texts: list[str]
    ping: bytes | None
    controls: int
    rest: bytes
    odd: bool


def text_frame(text: str) -> bytes:
    """The bytes of one unfragmented, unmasked text frame, as a server sends it."""
    return frame(TEXT, text.encode())


def frame(opcode: int, payload: bytes) -> bytes:
    """The same for any opcode. A control frame's payload has at most 125 bytes."""
    size = len(payload)
    if size < _LENGTH_16:
        header = bytes((0x80 | opcode, size))
    elif size < 65_536:
        header = bytes((0x80 | opcode, _LENGTH_16)) + size.to_bytes(2, "big")
    else:
        header = bytes((0x80 | opcode, _LENGTH_64)) + size.to_bytes(8, "big")
    return header + payload


class _OddError(Exception):
    """Not a plain frame."""


def take_plain(data: bytes, most: int) -> Taken:
    """Reads the plain frames that `data` begins with, `most` texts at most."""
    texts: list[str] = []
    ping: bytes | None = None
    at, controls, odd = 0, 0, False
    try:
        while len(texts) < most and (span := _payload(data, at)):
            start, end = span
            opcode = data[at] & 0x0F
            payload = apply_mask(data[start:end], data[start - 4 : start]) if opcode != PONG else b""
            if opcode == TEXT:
                texts.append(payload.decode())
            else:
                controls += 1
                ping = payload if opcode == PING else ping
            at = end
    except (_OddError, UnicodeDecodeError):
        odd = True
    return Taken(texts, ping, controls, data[at:], odd)


def _payload(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `at` begins and ends; None where not all of it is there. Raises _OddError."""
    there = len(data) - at
    if not there:
        return None
    longest = _PLAIN.get(data[at])
    if longest is None:
        raise _OddError
    if there < 2:
        return None
    size, start = data[at + 1] - _MASKED, at + 6
    if size == _LENGTH_16 and longest > size:
        if there < 4:
            return None
        size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 8
        if size < _LENGTH_16:  # a length must be said in the shortest way
            raise _OddError
    elif not 0 <= size < _LENGTH_16:
        raise _OddError
    return (start, start + size) if start + size <= len(data) else None
