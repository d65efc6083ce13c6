"""What is not plain: nothing of it lost, nothing of it kept for long."""

from websockets.frames import Frame, Opcode

from realtime_site.live.longhand import FRAGMENTS, Longhand

CLOSE = Frame(Opcode.CLOSE, b"\x03\xe8")
TOO_BIG, PROTOCOL_ERROR, NOT_UTF8 = 4413, 1002, 1007


def wire(*frames: Frame) -> bytes:
    return b"".join(frame.serialize(mask=True) for frame in frames)


def text(payload: bytes, *, fin: bool = True) -> Frame:
    return Frame(Opcode.TEXT, payload, fin=fin)


def more(payload: bytes, *, fin: bool = False) -> Frame:
    return Frame(Opcode.CONT, payload, fin=fin)


def code(longhand: Longhand) -> int | None:
    return longhand.close_sent.code if longhand.close_sent else None


def test_fragments_become_one_message_wherever_the_network_cuts() -> None:
    data = wire(
        text("é".encode()[:1], fin=False), Frame(Opcode.PING, b"?"), more("é".encode()[1:]), more(b"!", fin=True)
    )
    for cut in range(len(data)):
        longhand = Longhand()
        found = longhand.messages_in(data[:cut]) + longhand.messages_in(data[cut:])
        assert found == [{"type": "websocket.receive", "text": "é!"}]


def test_what_came_right_before_a_close_or_a_fault_still_counts() -> None:
    whole = [{"type": "websocket.receive", "text": "hi"}]
    assert Longhand().messages_in(wire(text(b"h", fin=False), more(b"i", fin=True), CLOSE)) == whole
    assert Longhand().messages_in(wire(text(b"hi")) + b"\x83\x80" + bytes(4)) == whole


def test_after_our_close_nothing_is_heard_and_nothing_kept() -> None:
    longhand = Longhand()
    longhand.send_close(4401)
    assert longhand.messages_in(wire(text(b"x" * 60_000), text(b"y", fin=False), more(b"z"))) == []
    assert not longhand._payload
    longhand.messages_in(wire(more(b"", fin=True), CLOSE))
    assert longhand.eof_sent


def test_pieces_without_end_are_too_big() -> None:
    longhand = Longhand()
    longhand.messages_in(wire(text(b"", fin=False), *[more(b"")] * FRAGMENTS))
    assert code(longhand) == TOO_BIG


def test_faults_have_their_codes() -> None:
    for data, expected in (
        (wire(text(b"\xff")), NOT_UTF8),
        (wire(text(b"x" * 65_537)), TOO_BIG),
        (wire(more(b"of nothing", fin=True)), PROTOCOL_ERROR),
    ):
        longhand = Longhand()
        assert longhand.messages_in(data) == []
        assert code(longhand) == expected
