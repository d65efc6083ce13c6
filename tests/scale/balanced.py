"""Three workers behind one of the proxies of deploy/, and people who come to them through it."""

import asyncio
import itertools
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from realtime_site.chaos.client import Client
from tests.processes import ROOT
from tests.scale.conftest import Site
from tests.scale.proxies import SITE_URL, Proxy
from tests.servers import Worker

WORKERS = 3
# What visitors do beside, and what a worker answers: pages, and a form without its CSRF token. Not /readyz: on a
# connection that the proxy has open already, a worker that drains says 503 there, as it should.
PAGES = [("GET", "/accounts/login/", 200), ("GET", "/healthz", 200)]
PAGES_AND_FORMS = [*PAGES, ("POST", "/accounts/login/", 403)]


class Balanced:
    def __init__(self, site: Site, proxy: Proxy) -> None:
        self.site, self.proxy = site, proxy

    async def clients(self, count: int) -> list[Client]:
        """People p0, p1, … wherever the proxy puts them."""
        clients = [
            Client(self.site.tokens[number], [SITE_URL], **self.proxy.connect_options) for number in range(count)
        ]
        await asyncio.gather(*(client.start() for client in clients))
        return clients

    def sockets(self) -> list[int]:
        """Connections that each worker has now."""
        return [
            sum(
                one.laddr.port == worker.port and one.status == psutil.CONN_ESTABLISHED
                for one in psutil.Process(worker.pid).net_connections("tcp")
            )
            for worker in self.site.workers
        ]

    @asynccontextmanager
    async def visitors(self, visits: Sequence[tuple[str, str, int]]) -> AsyncIterator[Counter[str]]:
        """Ask for one thing after the other. How often each answer came that is not the expected, and `visits`."""
        seen: Counter[str] = Counter()
        leaving = asyncio.Event()

        async def visit() -> None:
            for method, path, expected in itertools.cycle(visits):
                if leaving.is_set():
                    return
                try:
                    answer = await asyncio.to_thread(self.proxy.request, method, path)
                    outcome = "visits" if answer.status == expected else f"{method} {path}: {answer.status}"
                except OSError as error:
                    outcome = f"{method} {path}: {error!r}"
                seen[outcome] += 1

        visiting = [asyncio.create_task(visit()) for _ in range(2)]
        try:
            yield seen
        finally:
            leaving.set()
            await asyncio.gather(*visiting)


class Systemd:
    """Stands where `systemctl` is for a script: `restart realtime-web@<port>` restarts that worker of the test."""

    def __init__(self, directory: Path, workers: list[Worker]) -> None:
        self._workers = {f"realtime-web@{worker.port}": worker for worker in workers}
        self._socket = directory / "systemd"
        self._program = directory / "systemctl"
        self._program.write_text(SYSTEMCTL.format(python=sys.executable, socket=self._socket))
        self._program.chmod(0o755)
        self.restarted: list[str] = []

    async def run(self, *command: str | Path, path: str) -> None:
        """Runs a script to its end. Raises what it said when it failed."""
        async with await asyncio.start_unix_server(self._serve, self._socket):
            script = await asyncio.create_subprocess_exec(
                *command,
                cwd=ROOT,
                env={"PATH": f"{self._program.parent}:{path}"},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            said, _ = await script.communicate()
            assert script.returncode == 0, said.decode()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        verb, unit = (await reader.readline()).decode().split()
        assert verb == "restart"
        worker = self._workers[unit]
        worker.terminate()
        assert await asyncio.to_thread(worker.wait) == 0
        worker.launch()
        self.restarted.append(unit)
        # The unit is Type=notify: systemctl returns when the worker serves.
        await asyncio.to_thread(worker.wait_until_ready)
        writer.write(b"done\n")
        await writer.drain()
        writer.close()


SYSTEMCTL = """\
#!{python}
import socket, sys
with socket.socket(socket.AF_UNIX) as systemd:
    systemd.connect("{socket}")
    systemd.sendall(" ".join(sys.argv[1:]).encode() + b"\\n")
    sys.exit(systemd.recv(5) != b"done\\n")
"""
