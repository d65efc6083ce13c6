"""Handshakes: those that arrive together are answered together.

After a deploy or a cut thousands come at once. One by one each would take a thread, three queries and a millisecond
of the ORM's time; a hundred at once take as many queries as one.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from realtime_site.live import auth
from realtime_site.live.batches import Batches
from realtime_site.live.errors import ClientError

if TYPE_CHECKING:
    from realtime_site.live.consumer import LiveConsumer

# Rows of a hundred people and their rooms are read in some 20 ms; more would only make the first ones wait.
TOGETHER = 100

Snapshot = dict[str, Any]


class LoggedOutError(ClientError):
    """Nobody is logged in by what the handshake brought."""

    def __init__(self) -> None:
        super().__init__("forbidden", "Log in first.")


def admit(sockets: Sequence["LiveConsumer"]) -> list[Snapshot | ClientError]:
    """Identifies each, and takes its snapshot. Runs in a database thread; one hop for all."""
    identities = auth.authenticate({socket.credentials for socket in sockets})
    results: dict[LiveConsumer, Snapshot | ClientError] = {}
    kinds: dict[type[LiveConsumer], list[LiveConsumer]] = {}
    for socket in sockets:
        identity = identities.get(socket.credentials)
        if identity is None:
            results[socket] = LoggedOutError()
        else:
            socket.identify(identity)
            kinds.setdefault(type(socket), []).append(socket)
    for kind, group in kinds.items():
        results |= zip(group, kind.snapshots(group), strict=True)
    return [results[socket] for socket in sockets]


_current: Batches["LiveConsumer", Snapshot] | None = None


def admission() -> Batches["LiveConsumer", Snapshot]:
    """The door of this process. Call it on the event loop."""
    global _current
    if _current is None or _current.loop is not asyncio.get_running_loop():
        _current = Batches(admit, most=TOGETHER, name="admission")
    return _current
