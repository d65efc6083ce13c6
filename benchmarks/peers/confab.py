"""Ours: `python -m realtime_site.worker`, as many as asked for, on PostgreSQL and Redis."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from uuid import uuid4

from benchmarks import people
from benchmarks.core.bench import Bench
from benchmarks.load.dialect import BODY, Dialect, Opening, exchange, until
from benchmarks.peers.peer import Peer, Server
from tests.processes import free_port


def welcomed(number: int) -> Opening:
    """The first frame has the person and the rooms; with it the socket is subscribed."""
    yield from until(b'"type":"welcome"')


def catching_up(known: Callable[[int, int], int]) -> Callable[[int], Opening]:
    """As the protocol has it, "Order, gaps, resume": `room.sync` where the room's seq is ahead of what is known, and
    the newest page where that is too much.

    `known(number, seq)` is what socket `number` knows, when the room is at `seq`.
    """

    def opening(number: int) -> Opening:
        room = json.loads((yield None))["rooms"][0]
        after = known(number, room["seq"])
        if after < room["seq"]:
            heard = yield from exchange(_command("room.sync", room=room["id"], after=after), b'"type":"ok"')
            if b'"reset":true' in heard:
                yield from exchange(_command("room.history", room=room["id"]), b'"more_before"')

    return opening


def _command(kind: str, **fields: object) -> str:
    return json.dumps({"type": kind, "id": 0, **fields})


class Confab(Peer):
    def __init__(self, *, stored: bool, workers: int = 1, rate_limits: bool = False) -> None:
        self.name = "Confab, stored" if stored else "Confab"
        self._stored, self._workers = stored, workers
        self._settings = {"RATE_LIMITS": "on" if rate_limits else "off"}

    def version(self) -> str:
        return f"daphne {version('daphne')}, channels {version('channels')}, Django {version('django')}"

    @contextmanager
    def serve(self, bench: Bench, rooms: int, size: int) -> Iterator[Server]:
        ports = tuple(free_port() for _ in range(self._workers))
        with ExitStack() as stack:
            redis = stack.enter_context(bench.redis())
            database = bench.postgres.create_database()
            environment = bench.environment(
                redis,
                database,
                **self._settings,
                SITE_URL=f"http://127.0.0.1:{ports[0]}",
                CSRF_TRUSTED_ORIGINS=",".join(f"http://127.0.0.1:{port}" for port in ports),
            )
            who = people.make("confab", rooms, size, environment)
            workers = []
            for port in ports:
                command = [sys.executable, "-m", "realtime_site.worker", "--port", str(port)]
                worker = stack.enter_context(bench.process("confab", command, environment, port=port))
                workers.append(worker.pid)
            dialect = _dialect(ports, who, stored=self._stored)
            pids = (*workers, redis.pid)
            yield Server(dialect, pids, tuple(workers), database=database, redis=redis, environment=environment)


def _dialect(ports: tuple[int, ...], who: list[people.Person], *, stored: bool) -> Dialect:
    def signal(sender: int, number: int) -> str:
        """Relayed and not stored, as the tutorial's messages are."""
        return json.dumps({"type": "signal", "id": number, "room": who[sender].room, "name": "mark", "data": BODY})

    def message(sender: int, number: int) -> str:
        """Stored before it is answered and delivered."""
        command = {"type": "message.send", "id": number, "room": who[sender].room, "body": BODY}
        return json.dumps({**command, "client_id": str(uuid4())})

    def headers(number: int) -> dict[str, str]:
        return {
            "Cookie": f"sessionid={who[number].session}",
            "Origin": f"http://127.0.0.1:{ports[0]}",
            "Sec-WebSocket-Protocol": "live.v1",
        }

    return Dialect(
        ports=ports,
        path=lambda number: "/ws/",
        frame=message if stored else signal,
        marker=b'{"type":"message"' if stored else b'{"type":"signal"',
        headers=headers,
        opening=welcomed,
    )
