"""How far one socket is behind what was written to it. Pure.

A report and what is on its way to the client cross each other, so that one report proves nothing. What had been
written when the client was first behind, and is missing in a later report too, is lost.
"""

from typing import NamedTuple

# What a slow network and a client that repairs by itself need, ten times over.
GRACE_SECONDS = 10.0


class Lost(NamedTuple):
    room: int
    first: int
    last: int
    seconds: float  # for how long it has been missing, at least


class _Owed(NamedTuple):
    """The client was behind `written` since then; `told` once it was said that this is lost."""

    written: int
    since: float
    told: bool


class Reader:
    """One socket. Keeps a few numbers of each room it is behind in, and nothing of the others."""

    __slots__ = ("_owed", "opened_at", "reported_at")

    def __init__(self, opened_at: float) -> None:
        self.opened_at = opened_at
        self.reported_at: float | None = None
        self._owed: dict[int, _Owed] = {}

    def compare(self, room: int, seq: int, written: int, now: float) -> Lost | None:
        """The client says it is complete to `seq`; up to `written` it was sent by `now`. What is lost, said once."""
        owed = self._owed.get(room)
        if seq >= written:
            self._owed.pop(room, None)
        elif owed is None or seq >= owed.written:
            self._owed[room] = _Owed(written, now, told=False)
        elif now - owed.since >= GRACE_SECONDS and not owed.told:
            self._owed[room] = owed._replace(told=True)
            return Lost(room, seq + 1, owed.written, now - owed.since)
        return None

    def left(self, rooms: set[int]) -> None:
        """Forgets rooms that the socket is in no longer; `rooms` are those it is in."""
        for room in self._owed.keys() - rooms:
            del self._owed[room]
