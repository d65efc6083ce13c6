"""What the dashboard costs a worker with a thousand sockets: the same traffic with nobody looking and with somebody, by
turns. And what workers tell each other meanwhile.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from statistics import median
from time import perf_counter

import redis

from benchmarks.core import figures
from benchmarks.core.aims import Aim
from benchmarks.core.bench import ROOT, Bench, Data
from benchmarks.core.meters import cpu_seconds
from benchmarks.core.plots import Lines, Plot
from benchmarks.load.dialect import Dialect, Opening, exchange, until
from benchmarks.load.engine import Engine
from benchmarks.load.traffic import open_loop
from benchmarks.load.websocket import Socket, connect
from benchmarks.peers import Server, serving
from benchmarks.peers.confab import Confab

ROOMS = 100
SIZE = 10
# Ten messages a second, a hundred deliveries: a site at work.
PER_SECOND = 0.1
SECONDS = 20.0
PAIRS = 7
WATCH = '{"type": "dashboard.watch", "id": 1}'


def measure(bench: Bench) -> Data:
    with ExitStack() as stack:
        server = serving(bench, stack, [Confab(stored=True)], ROOMS, SIZE)["Confab, stored"]
        watching = _watching(server)
        engine = Engine()
        sockets = connect(engine, server.dialect, ROOMS * SIZE)
        rooms = [sockets[first : first + SIZE] for first in range(0, len(sockets), SIZE)]
        engine.rest(3)
        open_loop(engine, rooms, per_second=PER_SECOND, seconds=2)  # warm
        pairs = [_pair(bench, engine, rooms, server, watching) for _ in range(2 if bench.quick else PAIRS)]
        engine.close()
    off, on = ({name: median(pair[which][name] for pair in pairs) for name in pairs[0][which]} for which in (0, 1))
    return {
        "points": median(there["percent"] - not_there["percent"] for not_there, there in pairs),
        "off": off,
        "on": on,
        "pairs": [(not_there["percent"], there["percent"]) for not_there, there in pairs],
    }


def _watching(server: Server) -> Dialect:
    """A superuser's, at the dashboard's address."""
    code = (
        "from benchmarks.people import sessions; from django.contrib.auth import get_user_model as model;"
        "print(sessions([model().objects.create_superuser('watcher')])[0])"
    )
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    key = subprocess.run(command, env=server.environment, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE)
    headers = server.dialect.headers(0) | {"Cookie": f"sessionid={key.stdout.split()[-1]}"}

    def opening(number: int) -> Opening:
        yield from until(b'"type":"welcome"')
        yield from exchange(WATCH, b'"type":"ok"')

    return replace(
        server.dialect,
        path=lambda number: "/ws/dashboard/",
        headers=lambda number: headers,
        opening=opening,
        marker=b'{"type":"totals"',
    )


def _pair(
    bench: Bench, engine: Engine, rooms: list[list[Socket]], server: Server, watching: Dialect
) -> tuple[dict[str, float], dict[str, float]]:
    off = _phase(engine, rooms, server)
    (board,) = connect(engine, watching, 1)
    engine.rest(2)
    board.seen = 0
    on = _phase(engine, rooms, server)
    assert board.seen >= SECONDS / 4, "the dashboard was not told"
    board.on_lost = lambda why: None
    board.abort()
    engine.rest(11)  # the lease of who has looked is over
    bench.say(f"  CPU {off['percent']:.2f} % with nobody, {on['percent']:.2f} % with somebody looking")
    return off, on


def _phase(engine: Engine, rooms: list[list[Socket]], server: Server) -> dict[str, float]:
    assert server.redis
    with redis.Redis.from_url(server.redis.url) as client, client.pubsub() as heard:
        heard.psubscribe("*")
        used, began = cpu_seconds(*server.workers), perf_counter()
        open_loop(engine, rooms, per_second=PER_SECOND, seconds=SECONDS)
        seconds = perf_counter() - began
        percent = 100 * (cpu_seconds(*server.workers) - used) / seconds
        told = 0
        while (message := heard.get_message(timeout=0.1)) is not None:
            told += b"vitals" in message["data"] if isinstance(message["data"], bytes) else 0
    return {"percent": percent, "vitals": told / seconds}


def tables(data: Data) -> dict[str, str]:
    rows = [
        [name, figures.number(data[which]["percent"]), figures.number(data[which]["vitals"])]
        for name, which in (("nobody", "off"), ("somebody", "on"))
    ]
    return {
        "table": figures.table(["looking", "% of a core", "messages between workers a second"], rows),
        "points": figures.number(data["points"]),
        "pairs": str(len(data["pairs"])),
    }


def aims(data: Data) -> Iterator[Aim]:
    yield Aim("% of a core that the dashboard costs at 1,000 sockets", data["points"], at_most=1)
    yield Aim("messages of it between workers a second while nobody looks", data["off"]["vitals"], at_most=0)


def plots(data: Data) -> list[Plot]:
    off, on = zip(*data["pairs"], strict=True)
    series = {"nobody looks": list(enumerate(off, 1)), "somebody looks": list(enumerate(on, 1))}
    return [Lines("CPU of the worker, % of a core", "turn", "", series, scale="linear")]
