"""What a client reports of its own list of events: how far it is complete, and what came how."""

from typing import Annotated

from msgspec import Meta

from chat.protocol.checks import check_numbers
from realtime_site.live.frames import Command

# Those that a page holds; a client with more rooms reports the ones used last.
PROOF_ROOMS = 50
# Past what any client receives between two reports.
PROOF_COUNT = 1_000_000
# Upper bounds, in milliseconds; one more bucket holds what took longer.
DELAY_BUCKETS_MS = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)

Count = Annotated[int, Meta(ge=0, le=PROOF_COUNT)]
Histogram = Annotated[list[Count], Meta(min_length=len(DELAY_BUCKETS_MS) + 1, max_length=len(DELAY_BUCKETS_MS) + 1)]


class DeliveryReport(Command, tag="delivery.report"):
    """Counts are of the time since the client's last report. `rooms`: pairs of a room and the seq it is complete to, a
    room in which something was wrong first.
    """

    rooms: Annotated[list[tuple[int, int]], Meta(max_length=PROOF_ROOMS)]
    received: Count
    duplicated: Count
    reordered: Count
    held: Count
    repaired: Count
    delays: Histogram
    own_delays: Histogram
    round_trip_ms: Annotated[float, Meta(ge=0, le=600_000)] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for pair in self.rooms:
            check_numbers(*pair)


OF_PROOF: tuple[type[Command], ...] = (DeliveryReport,)
