"""nchan: nginx as a pub/sub server. Messages come in and go out over the same WebSocket, untouched; no Redis."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template

from benchmarks.core.bench import Bench
from benchmarks.peers import debian
from benchmarks.peers.peer import Peer, Server
from benchmarks.peers.websockets_broadcast import relay
from tests.processes import free_port

CONFIGURATION = Path(__file__).parent / "nchan.conf"


class Nchan(Peer):
    name = "nchan"

    def install(self) -> None:
        self._root = debian.unpacked("nchan", ("nginx", "libnginx-mod-nchan"), ("nginx", "libnginx"))

    def version(self) -> str:
        return f"{debian.version(self._root, 'libnginx-mod-nchan')}, {debian.version(self._root, 'nginx')}"

    @contextmanager
    def serve(self, bench: Bench, rooms: int, size: int) -> Iterator[Server]:
        port, folder = free_port(), bench.path("nchan")
        folder.mkdir()
        module = self._root / "usr/lib/nginx/modules/ngx_nchan_module.so"
        text = Template(CONFIGURATION.read_text()).substitute(module=module, folder=folder, port=port)
        (folder / "nginx.conf").write_text(text)
        command = [self._root / "usr/sbin/nginx", "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]
        with bench.process("nchan", command, debian.environment(self._root), port=port) as server:
            yield Server(relay(port, size), (server.pid,))
