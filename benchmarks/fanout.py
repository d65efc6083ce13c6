"""One room, many sockets, one process: what a delivery costs the server, how many it makes a second, how late they are.

Three loads: one message on its way, eight on their way, and half of what the server did with eight, at a steady rate.
Relayed messages, as the Channels tutorial's are; ours stored as well.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from benchmarks.core import figures
from benchmarks.core.aims import Aim
from benchmarks.core.bench import Bench, Data
from benchmarks.core.meters import cpu_seconds
from benchmarks.core.plots import Dots, Plot
from benchmarks.load.engine import Engine
from benchmarks.load.traffic import Flow, closed_loop, open_loop
from benchmarks.load.websocket import Socket, connect
from benchmarks.peers import Peer, Server, serving
from benchmarks.peers.confab import Confab
from benchmarks.peers.ejabberd import Ejabberd
from benchmarks.peers.nchan import Nchan
from benchmarks.peers.node_servers import SocketIo, Ws
from benchmarks.peers.stock import Stock
from benchmarks.peers.websockets_broadcast import WebsocketsBroadcast

SIZES = (50, 300, 1000)
SECONDS = 0.8
PEERS: tuple[Peer, ...] = (
    Confab(stored=False),
    Confab(stored=True),
    Nchan(),
    Ws(),
    SocketIo(),
    WebsocketsBroadcast(),
    Ejabberd(),
    Stock("uvicorn", "pub/sub"),
    Stock("daphne", "pub/sub"),
    Stock("daphne", "core"),
)
LOADS = {"one": "one message on its way", "eight": "eight on their way", "half": "half load"}
OURS = "Confab"
Figures = dict[str, float]


def measure(bench: Bench) -> Data:
    sizes = (50,) if bench.quick else SIZES
    with ExitStack() as stack:
        servers = serving(bench, stack, PEERS, rooms=1, size=max(sizes))
        return {str(size): _measure(bench, servers, size) for size in sizes}


def _measure(bench: Bench, servers: Mapping[str, Server], size: int) -> dict[str, dict[str, Figures]]:
    """Load → peer → figures. All servers run, one at a time has traffic: what the machine does hits all alike."""
    engine = Engine()
    sockets = {}
    for name, server in servers.items():
        bench.say(f"  {size} sockets to {name}")
        sockets[name] = connect(engine, server.dialect, size)
    engine.rest(3)  # presence and subscriptions settle; they are not what is measured
    measured: dict[str, dict[str, list[Figures]]] = {load: {name: [] for name in servers} for load in LOADS}
    for run in range(bench.runs):
        for name, server in servers.items():
            for load, found in _once(engine, server, sockets[name]):
                measured[load][name].append(found)
            told = ", ".join(f"{measured[load][name][-1]['microseconds']:.1f}" for load in LOADS)
            bench.say(f"  run {run + 1}, {size} sockets, {name}: {told} µs a delivery")
    engine.close()
    return {load: {name: figures.medians(runs) for name, runs in found.items()} for load, found in measured.items()}


def _once(engine: Engine, server: Server, sockets: list[Socket]) -> Iterator[tuple[str, Figures]]:
    closed_loop(engine, [sockets], on_the_way=1, seconds=SECONDS / 4)  # warm
    rate = 0.0
    for load, on_the_way in (("one", 1), ("eight", 8)):
        before = cpu_seconds(*server.pids)
        flow = closed_loop(engine, [sockets], on_the_way=on_the_way, seconds=SECONDS)
        yield load, _figures(flow, cpu_seconds(*server.pids) - before)
        rate = flow.messages / flow.seconds
    before = cpu_seconds(*server.pids)
    flow = open_loop(engine, [sockets], per_second=rate / 2, seconds=SECONDS)
    yield "half", _figures(flow, cpu_seconds(*server.pids) - before)


def _figures(flow: Flow, used_seconds: float) -> Figures:
    return {
        "microseconds": used_seconds / flow.deliveries * 1e6,
        "load_microseconds": flow.load_seconds / flow.deliveries * 1e6,
        "per_second": flow.deliveries / flow.seconds,
        "p50_ms": figures.percentile(flow.latencies_seconds, 0.50) * 1e3,
        "p99_ms": figures.percentile(flow.latencies_seconds, 0.99) * 1e3,
    }


def tables(data: Data) -> dict[str, str]:
    return {"tables": "\n".join(f"**{int(size):,} sockets**\n\n{_table(loads)}" for size, loads in data.items())}


def _table(loads: dict[str, dict[str, Figures]]) -> str:
    columns = [
        *("server", "one: CPU µs a delivery", "× Confab's", "deliveries a second"),
        *("eight: CPU µs", "× Confab's", "deliveries a second"),
        *("half load: CPU µs", "× Confab's", "p50 ms", "p99 ms", "generator's µs"),
    ]
    names = sorted(loads["one"], key=lambda name: loads["one"][name]["microseconds"])
    return figures.table(columns, [[name, *_cells(loads, name)] for name in names])


def _cells(loads: dict[str, dict[str, Figures]], name: str) -> Iterator[str]:
    for load, found in loads.items():
        yield figures.number(found[name]["microseconds"])
        yield figures.ratio(found[name]["microseconds"], found[OURS]["microseconds"])
        if load != "half":
            yield f"{found[name]['per_second']:,.0f}"
    for figure in ("p50_ms", "p99_ms", "load_microseconds"):
        yield figures.number(loads["half"][name][figure])


def aims(data: Data) -> Iterator[Aim]:
    loads = data.get("300", {})
    for load, peer, limit in (
        ("one", "nchan", 1.3),
        ("one", "socket.io + redis-adapter", 0.6),
        ("eight", "nchan", 1.0),
    ):
        if peer in loads.get(load, {}):
            value = loads[load][OURS]["microseconds"] / loads[load][peer]["microseconds"]
            yield Aim(f"CPU of a delivery, 300 sockets, {LOADS[load]}: × {peer}'s", value, at_most=limit)


def plots(data: Data) -> list[Plot]:
    size = "300" if "300" in data else next(iter(data))
    return [
        Dots(
            f"CPU µs a delivery, {size} sockets, {LOADS[load]}",
            {name: figure["microseconds"] for name, figure in data[size][load].items()},
        )
        for load in ("one", "eight")
    ]
