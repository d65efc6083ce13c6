"""Text frames as RFC 6455 §5.2 has them on the wire: made, and the plain ones read. Pure."""

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform without a compiled wheel
    from websockets.utils import apply_mask

# FIN and the opcode of text; the mask bit and the two lengths that mean "in the next two, eight bytes".
WHOLE_TEXT, MASKED, LENGTH_16, LENGTH_64 = 0x81, 0x80, 126, 127


def text_frame(text: str) -> bytes:
    """The bytes of one unfragmented, unmasked text frame, as a server sends it."""
    payload = text.encode()
    size = len(payload)
    if size < LENGTH_16:
        header = bytes((WHOLE_TEXT, size))
    elif size < 65_536:
        header = b"\x81\x7e" + size.to_bytes(2, "big")
    else:
        header = b"\x81\x7f" + size.to_bytes(8, "big")
    return header + payload


def take_texts(data: bytes) -> tuple[list[str], bytes]:
    """The texts of the whole, masked text frames of under 64 KiB that `data` begins with; and what comes after them.

    It stops before everything else - a fragment, a control frame, an odd length, text that is no UTF-8, half a frame -
    and leaves that to a reader that knows what to do about it.
    """
    texts: list[str] = []
    at, end = 0, len(data)
    while end - at >= 6 and data[at] == WHOLE_TEXT:
        size, start = data[at + 1] - MASKED, at + 2
        if size == LENGTH_16:
            size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            if size < LENGTH_16:  # must be said in the shortest way
                break
        elif not 0 <= size < LENGTH_16:
            break
        if start + 4 + size > end:
            break
        try:
            texts.append(apply_mask(data[start + 4 : start + 4 + size], data[start : start + 4]).decode())
        except UnicodeDecodeError:
            break
        at = start + 4 + size
    return texts, data[at:]
