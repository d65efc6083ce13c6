"""Part of a consumer: takes a client's reports of how complete its rooms are."""

from time import monotonic
from typing import Any, ClassVar

from chat import protocol
from chat.proof.behind import Reader
from chat.proof.watch import watch
from chat.sockets import RoomSockets
from realtime_site.live.admission import Snapshot
from realtime_site.live.limits import Buckets, Rate

# A page reports every half minute and when it is hidden; somebody with thirty tabs open closes the browser.
_reports = Buckets("delivery reports", Rate(per_second=1, burst=30))


class ProvingSockets(RoomSockets):
    buckets: ClassVar[tuple[Buckets, ...]] = (*RoomSockets.buckets, _reports)

    _reader: Reader

    def welcome(self, snapshot: Snapshot) -> None:
        self._reader = Reader(monotonic())
        super().welcome(snapshot)

    def check_rate(self, command: Any) -> None:
        if isinstance(command, protocol.DeliveryReport):
            _reports.take(self.person.id)
        else:
            super().check_rate(command)

    def delivery_report(self, command: protocol.DeliveryReport) -> dict[str, Any]:
        watch().report(self._reader, command, user_id=self.person.id, mine=self._topics, outlet=self.outlet)
        return {}
