"""Whatever of a connection is not plain: fragments, binary, faults, the closing handshake. Pure.

The library `websockets`, from the middle of a connection on, with whole messages made of its frames.
"""

from typing import Any

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Protocol, Side, State

from realtime_site.live.closing import Close
from realtime_site.live.frames import FRAME_BYTES
from realtime_site.live.handshake import logger

# Nobody cuts 64 KiB into more pieces by chance; without a bound, empty ones would pile up.
FRAGMENTS = 1_000


class Longhand(Protocol):
    """Bytes in by `messages_in`, bytes out by `data_to_send`; `b""` there means the end."""

    def __init__(self) -> None:
        super().__init__(Side.SERVER, state=State.OPEN, max_size=FRAME_BYTES, logger=logger)
        self._payload = bytearray()
        self._fragments = 0
        self._is_text = True

    @property
    def is_open(self) -> bool:
        return self.state is State.OPEN

    def messages_in(self, data: bytes) -> list[dict[str, Any]]:
        """What was received and is whole, as ASGI has it: also what came right before a close or a fault. After our
        own close frame nothing counts any more but the peer's.
        """
        listening = self.is_open
        if data and not self.eof_sent:
            self.receive_data(data)
        found = []
        for event in self.events_received():
            if listening and isinstance(event, Frame) and event.opcode in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
                found += self._taken(event)
        return found

    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        """Reasons are not for a stranger, and the protocol has a code of its own for what is too big."""
        super().fail(Close.TOO_BIG if code == CloseCode.MESSAGE_TOO_BIG else code)

    def _taken(self, part: Frame) -> list[dict[str, Any]]:
        if part.opcode != Opcode.CONT:
            self._is_text = part.opcode == Opcode.TEXT
        self._payload += part.data
        self._fragments += 1
        if part.fin:
            return self._whole()
        if self._fragments > FRAGMENTS and self.is_open:
            self.fail(Close.TOO_BIG)
        return []

    def _whole(self) -> list[dict[str, Any]]:
        payload, self._payload, self._fragments = bytes(self._payload), bytearray(), 0
        if not self._is_text:
            return [{"type": "websocket.receive", "bytes": payload}]
        try:
            return [{"type": "websocket.receive", "text": payload.decode()}]
        except UnicodeDecodeError:
            if self.is_open:
                self.fail(CloseCode.INVALID_DATA)
            return []
