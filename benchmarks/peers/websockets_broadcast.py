"""The `websockets` library's own recipe: one process, `broadcast`, no Redis; with uvloop."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from benchmarks.core.bench import Bench
from benchmarks.load.dialect import BODY, Dialect
from benchmarks.peers.peer import Peer, Server
from tests.processes import free_port

SCRIPT = Path(__file__).parent / "scripts" / "broadcast.py"


class WebsocketsBroadcast(Peer):
    name = "websockets, broadcast()"

    def version(self) -> str:
        return f"websockets {version('websockets')}, uvloop {version('uvloop')}"

    @contextmanager
    def serve(self, bench: Bench, rooms: int, size: int) -> Iterator[Server]:
        port = free_port()
        with bench.process("websockets", [sys.executable, SCRIPT, str(port)], port=port) as server:
            yield Server(relay(port, size), (server.pid,))


def relay(port: int, size: int) -> Dialect:
    """Peers that send `{"message": …}` on to everybody at the same path."""
    return Dialect(
        ports=(port,),
        path=lambda number: f"/room/{number // size}",
        frame=lambda sender, number: f'{{"message": "{BODY}"}}',
        marker=b'{"message"',
    )
