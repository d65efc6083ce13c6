"""Sockets on which nothing happens: what one costs in memory.

The slope between two numbers of sockets, so that what a server needs anyway does not count.
"""

from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.core import figures
from benchmarks.core.aims import Aim
from benchmarks.core.bench import Bench, Data
from benchmarks.core.meters import memory
from benchmarks.core.plots import Dots, Plot
from benchmarks.load.engine import Engine
from benchmarks.load.websocket import connect
from benchmarks.peers import Peer, Server, serving
from benchmarks.peers.confab import Confab
from benchmarks.peers.ejabberd import Ejabberd
from benchmarks.peers.nchan import Nchan
from benchmarks.peers.node_servers import SocketIo, Ws
from benchmarks.peers.stock import Stock
from benchmarks.peers.websockets_broadcast import WebsocketsBroadcast

STEPS = (1000, 3000)
SIZE = 10
OURS = "Confab"
PEERS: tuple[Peer, ...] = (
    Confab(stored=False),
    Stock("daphne", "pub/sub", "logged_in", pooled=True),
    Stock("uvicorn", "pub/sub", "logged_in", pooled=True),
    Nchan(),
    Ws(),
    SocketIo(),
    WebsocketsBroadcast(),
    Ejabberd(),
)
Figures = dict[str, float]


def measure(bench: Bench) -> Data:
    """Peer after peer: memory does not depend on what else the machine does, and does not change from run to run."""
    steps = (200, 400) if bench.quick else STEPS
    found = {}
    for peer in PEERS:
        with ExitStack() as stack:
            for name, server in serving(bench, stack, [peer], steps[1] // SIZE, SIZE).items():
                found[name] = _measure(server, steps)
                bench.say(f"  {name}: {found[name]['kib']:.1f} KiB a socket")
    return found


def _measure(server: Server, steps: tuple[int, int]) -> Figures:
    engine = Engine()
    for socket in connect(engine, server.dialect, 64):  # what the first sockets make a server load
        socket.abort()
    engine.rest(2)
    at = [memory(*server.workers)]
    count = 0
    for step in steps:
        connect(engine, server.dialect, step - count, first=count)
        engine.rest(3)  # presence is told, buffers are given back
        at.append(memory(*server.workers))
        count = step
    engine.close()
    empty, some, many = at
    between = steps[1] - steps[0]
    return {
        "first": steps[0],
        "last": steps[1],
        "kib": (many.resident - some.resident) / between,
        "own_kib": (many.own - some.own) / between,
        "first_kib": (some.resident - empty.resident) / steps[0],
        "empty_mib": empty.resident / 1024,
        "full_mib": many.resident / 1024,
    }


def tables(data: Data) -> dict[str, str]:
    first, last = (int(data[OURS][name]) for name in ("first", "last"))
    columns = [
        *("server", f"KiB a socket, {first:,} to {last:,}", "× Confab's", "of it private", f"the first {first:,}"),
        *("MiB with none", f"MiB with {last:,}"),
    ]
    rows = [
        [
            name,
            figures.number(figure["kib"]),
            figures.ratio(figure["kib"], data[OURS]["kib"]),
            figures.number(figure["own_kib"]),
            figures.number(figure["first_kib"]),
            f"{figure['empty_mib']:,.0f}",
            f"{figure['full_mib']:,.0f}",
        ]
        for name, figure in sorted(data.items(), key=lambda item: item[1]["kib"])
    ]
    return {"table": figures.table(columns, rows)}


def aims(data: Data) -> Iterator[Aim]:
    yield Aim("KiB of an idle socket", data[OURS]["kib"], at_most=30)


def plots(data: Data) -> list[Plot]:
    return [Dots("KiB an idle socket", {name: figure["kib"] for name, figure in data.items()})]
