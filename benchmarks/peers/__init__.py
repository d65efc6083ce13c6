"""The servers that are measured, one file each: how to get it, start it, and speak to it.

Each as its makers recommend it, and without what costs it time and the benchmark does not need: logs, compression, an
archive. A peer that cannot be had here is left out with a line that says how to get it.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from benchmarks.core.bench import Bench, MissingError
from benchmarks.peers.peer import Peer, Server

__all__ = ["Peer", "Server", "serving"]


def serving(bench: Bench, stack: ExitStack, peers: Sequence[Peer], rooms: int, size: int) -> dict[str, Server]:
    """Starts all that can be had; they run until the stack is closed."""
    return dict(_serving(bench, stack, peers, rooms, size))


def _serving(
    bench: Bench, stack: ExitStack, peers: Sequence[Peer], rooms: int, size: int
) -> Iterator[tuple[str, Server]]:
    for peer in peers:
        bench.say(f"  starting {peer.name}")
        try:
            peer.install()
        except MissingError as error:
            bench.skipped[peer.name] = str(error)
            bench.say(f"  NOT MEASURED: {peer.name}. {error}")
            continue
        bench.versions[peer.name] = peer.version()
        yield peer.name, stack.enter_context(peer.serve(bench, rooms, size))
