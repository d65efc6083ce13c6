"""A consumer, as the hub and the recheck see it. A shape only."""

from collections.abc import Callable, Mapping, Set
from typing import Protocol

from realtime_site.live.auth import Identity
from realtime_site.live.outlets import Outlet
from realtime_site.live.roll import Visit

# A topic's name and an event's text -> the frames by which a socket of another dialect is told of it.
Translate = Callable[[str, str], list[str]]


class Subscriber(Protocol):
    """`translate` is None for sockets that speak the wire protocol itself."""

    outlet: Outlet
    identity: Identity
    translate: Translate | None
    # Of those that have been let in.
    visit: Visit

    def control(self, action: str, topic: str, seq: int) -> None: ...

    def goodbye(self, text: str) -> None: ...

    def close(self, code: int) -> None: ...

    def identify(self, identity: Identity) -> None: ...

    def subscriptions(self) -> Set[str]: ...

    def reconcile(self, allowed: Mapping[str, int], known: Set[str]) -> None: ...
