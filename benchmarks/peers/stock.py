"""What the Channels tutorial leads to (benchmarks/stock), under daphne or uvicorn."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version

from benchmarks import people
from benchmarks.core.bench import Bench
from benchmarks.load.dialect import BODY, Dialect
from benchmarks.peers.peer import Peer, Server
from tests.processes import free_port

LAYERS = {
    "core": "channels_redis.core.RedisChannelLayer",
    "pub/sub": "channels_redis.pubsub.RedisPubSubChannelLayer",
}
APPLICATION = "benchmarks.stock.asgi:application"


class Stock(Peer):
    """`address` is that of a consumer: `chat` (the tutorial's, nobody logged in), `logged_in` (AuthMiddlewareStack), or
    `stored` (and one `Message.objects.create` a message). With `pooled` it has a pool of connections to
    the database; Django's default is one for each piece of work.
    """

    def __init__(
        self, server: str, layer: str, address: str = "chat", *, workers: int = 1, pooled: bool = False
    ) -> None:
        does = {"chat": "", "logged_in": ", logged in", "stored": ", stored"}[address]
        pool = ", pooled" if pooled else ""
        self.name = f"Channels on {server}, {layer}{does}{pool}"
        self._server, self._layer, self._address, self._workers = server, layer, address, workers
        self._pooled = "on" if pooled else ""

    def version(self) -> str:
        server = f"{self._server} {version(self._server)}"
        return f"{server}, channels {version('channels')}, channels_redis {version('channels_redis')}"

    @contextmanager
    def serve(self, bench: Bench, rooms: int, size: int) -> Iterator[Server]:
        ports = tuple(free_port() for _ in range(self._workers))
        with ExitStack() as stack:
            redis = stack.enter_context(bench.redis())
            database = bench.postgres.create_database()
            settings = {"STOCK_LAYER": LAYERS[self._layer], "STOCK_POOL": self._pooled}
            environment = bench.environment(
                redis, database, DJANGO_SETTINGS_MODULE="benchmarks.stock.settings", **settings
            )
            who = people.make("stock", rooms, size, environment)
            pids = tuple(
                stack.enter_context(bench.process("stock", self._command(port), environment, port=port)).pid
                for port in ports
            )
            yield Server(self._dialect(ports, who), (*pids, redis.pid), workers=pids, database=database, redis=redis)

    def _command(self, port: int) -> list[str]:
        if self._server == "daphne":
            return [sys.executable, "-m", "daphne", "-p", str(port), "-v", "0", APPLICATION]
        words = ["--port", str(port), "--log-level", "warning", "--no-access-log", "--lifespan", "off"]
        words += ["--timeout-keep-alive", "75"]  # nginx's default; uvicorn's own 5 s end connections between polls
        words += ["--loop", "uvloop", "--http", "httptools", "--ws-per-message-deflate", "false"]
        return [sys.executable, "-m", "uvicorn", *words, APPLICATION]

    def _dialect(self, ports: tuple[int, ...], who: list[people.Person]) -> Dialect:
        def headers(number: int) -> dict[str, str]:
            return {"Cookie": f"sessionid={who[number].session}", "Origin": f"http://127.0.0.1:{ports[0]}"}

        return Dialect(
            ports=ports,
            path=lambda number: f"/ws/{self._address}/{who[number].room}/",
            frame=lambda sender, number: json.dumps({"message": BODY}),
            marker=b'{"message"',
            headers=headers,
        )
