"""What a client reports of how its events came: docs/protocol.md, "Delivery reports". Pure.

How far its rooms are complete, no more: doubles and swaps are the checker's to find in what the client kept.
"""

from typing import Any

from realtime_site.chaos.roomlog import RoomLog

ROOMS = 50
BUCKETS = 11


class Proof:
    """Counts what the logs of a client's rooms have counted since the last report."""

    def __init__(self, rooms: dict[int, RoomLog]) -> None:
        self._rooms = rooms
        self._told: dict[int, tuple[int, int]] = {}

    def report(self) -> dict[str, Any]:
        """The fields of `delivery.report`. Delays it does not measure: the machine is busy breaking things."""
        received = repaired = 0
        for room, log in self._rooms.items():
            heard, syncs = self._told.get(room, (0, 0))
            received += len(log.heard) - heard
            repaired += log.syncs - syncs
            self._told[room] = len(log.heard), log.syncs
        none = [0] * BUCKETS
        rooms = [(room, log.last) for room, log in self._rooms.items()][:ROOMS]
        counts = {"duplicated": 0, "reordered": 0, "held": 0, "repaired": repaired}
        return {"rooms": rooms, "received": received, "delays": none, "own_delays": none, **counts}
