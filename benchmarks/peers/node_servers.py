"""Two of Node's: `ws` with ioredis, and socket.io with its Redis adapter. npm puts them under var/."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from benchmarks.core.bench import TOOLS, Bench, MissingError
from benchmarks.load.dialect import BODY, Dialect, Opening, exchange, until
from benchmarks.peers.peer import Peer, Server
from benchmarks.peers.websockets_broadcast import relay
from tests.processes import free_port
from tests.runner import tools

SOURCES = Path(__file__).parent / "node"
FOLDER = TOOLS / "node"


class _Node(Peer):
    script: str
    packages: tuple[str, ...]

    def install(self) -> None:
        _install()

    def version(self) -> str:
        told = subprocess.run([tools.node(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
        return ", ".join([*(f"{name} {_version(name)}" for name in self.packages), f"Node {told}"])

    @contextmanager
    def serve(self, bench: Bench, rooms: int, size: int) -> Iterator[Server]:
        port = free_port()
        with bench.redis() as redis:
            command = [tools.node(), FOLDER / self.script, str(port), redis.url]
            with bench.process("node", command, port=port) as server:
                yield Server(self.dialect(port, size), (server.pid, redis.pid))

    def dialect(self, port: int, size: int) -> Dialect:
        raise NotImplementedError


class Ws(_Node):
    name = "ws + ioredis"
    script = "ws.js"
    packages = ("ws", "ioredis")

    def dialect(self, port: int, size: int) -> Dialect:
        return relay(port, size)


class SocketIo(_Node):
    name = "socket.io + redis-adapter"
    script = "socketio.js"
    packages = ("socket.io", "@socket.io/redis-adapter")

    def dialect(self, port: int, size: int) -> Dialect:
        return Dialect(
            ports=(port,),
            path=lambda number: f"/socket.io/?EIO=4&transport=websocket&room=room-{number // size}",
            frame=lambda sender, number: f'42["message",{{"message":"{BODY}"}}]',
            marker=b'42["message"',
            opening=_joined,
            beat=(b"2", "3"),
        )


def _joined(number: int) -> Opening:
    """engine.io says `0{…}`; then socket.io's CONNECT and its answer."""
    yield from until(b"0{")
    yield from exchange("40", b"40{")


@cache
def _install() -> None:
    try:
        npm = tools.npm()
        node = tools.node()
    except tools.MissingError as error:
        raise MissingError(f"{error.reason} {error.cure}") from None
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = (SOURCES / "package.json").read_text()
    stamp = FOLDER / "installed.json"
    for source in SOURCES.iterdir():
        shutil.copy(source, FOLDER)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    command = [*npm, "install", "--no-audit", "--no-fund", "--fetch-retries=1", "--prefix", FOLDER]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError(f"npm could not install it ({node}); run `bin/bench` again with a network.")
    stamp.write_text(wanted)


def _version(package: str) -> str:
    import json

    text = (FOLDER / "node_modules" / package / "package.json").read_text()
    return str(json.loads(text)["version"])
