"""The proxies of deploy/, as they are shipped, on free ports in front of workers of a test.

Each class names what it puts in place of what stands in its file: addresses, ports, the certificate, paths, and whom
the processes run as. Nothing else of the files is changed. Connections go to 127.0.0.1 and speak to chat.example.org.
"""

import grp
import os
import pwd
import signal
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from tests.binaries import PROXIES_DIR, proxy_binary, proxy_environment
from tests.processes import PATIENCE_SECONDS, ROOT, Process, accepts, free_port, wait_until
from tests.scale.certificate import Certificate

HOST = "chat.example.org"
SITE_URL = f"https://{HOST}"

NGINX_CONF = """\
user {user} {group};
daemon off;
worker_processes 2;
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    include {mime_types};
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/confab.conf;
}}
"""


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: str


class Proxy(Process):
    """A running proxy. `workers` are three ports; `data_dir` is where the static files are."""

    program: str
    shipped: Path

    def __init__(self, directory: Path, workers: Sequence[int], data_dir: Path) -> None:
        super().__init__(self.program, directory / f"{self.program}.log")
        self.directory, self.workers, self.data_dir = directory, workers, data_dir
        self.http_port, self.https_port = free_port(), free_port()
        self.certificate = Certificate(directory, HOST)
        self.tls = self.certificate.context()

    def launch(self) -> None:
        binary = proxy_binary(self.program)
        self.config.write_text(replaced(self.shipped.read_text(), self.substitutions()))
        self.start([binary, *self.options()], env=proxy_environment() | self.environment())
        self.wait_until(lambda: accepts(self.http_port) and accepts(self.https_port))

    @property
    def config(self) -> Path:
        return self.directory / self.shipped.name

    def substitutions(self) -> dict[str, str]:
        raise NotImplementedError

    def options(self) -> Sequence[str | Path]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return {}

    def reload(self) -> None:
        """Returns when new processes run. Those from before stay as long as they have connections."""
        before = self._processes()
        self.signal(self.reload_signal)
        wait_until(lambda: bool(self._processes() - before), f"new processes of {self.program}")

    reload_signal: signal.Signals

    def _processes(self) -> set[int]:
        return {one.pid for one in psutil.Process(self.pid).children()}

    # --- Asking it ---------------------------------------------------------------------------------------------------

    @property
    def connect_options(self) -> dict[str, Any]:
        """For `websockets.connect`."""
        return {"host": "127.0.0.1", "port": self.https_port, "ssl": self.tls}

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        return self._ask(self.connected(), method, path, headers or {}, body)

    def get_unencrypted(self, path: str) -> Answer:
        return self._ask(self._socket(self.http_port), "GET", path, {}, None)

    def connected(self, tls: ssl.SSLContext | None = None) -> ssl.SSLSocket:
        """A connection over TLS."""
        return (tls or self.tls).wrap_socket(self._socket(self.https_port), server_hostname=HOST)

    def _socket(self, port: int) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)

    @staticmethod
    def _ask(
        connected: socket.socket, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        with closing(HTTPConnection(HOST)) as connection:
            connection.sock = connected
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))


class Nginx(Proxy):
    program = "nginx"
    shipped = ROOT / "deploy" / "nginx" / "confab.conf"
    reload_signal = signal.SIGHUP  # what `nginx -s reload` sends

    def substitutions(self) -> dict[str, str]:
        folder = f"/etc/letsencrypt/live/{HOST}"
        return {
            "listen 80;": f"listen 127.0.0.1:{self.http_port};",
            "    listen [::]:80;\n": "",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{self.https_port} ssl http2;",
            "    listen [::]:443 ssl http2;\n": "",
            f"{folder}/fullchain.pem": str(self.certificate.chain),
            f"{folder}/privkey.pem": str(self.certificate.key),
            "root /var/lib/confab;": f"root {self.data_dir};",
        } | {f"server 127.0.0.1:800{at}": f"server 127.0.0.1:{port}" for at, port in enumerate(self.workers, 1)}

    def options(self) -> Sequence[str | Path]:
        unpacked = PROXIES_DIR / "etc" / "nginx" / "mime.types"
        around = self.directory / "nginx.conf"
        user, group = whoami()
        around.write_text(
            NGINX_CONF.format(
                user=user,
                group=group,
                directory=self.directory,
                mime_types=unpacked if unpacked.exists() else "/etc/nginx/mime.types",
            )
        )
        return ["-e", "stderr", "-c", around]


class Haproxy(Proxy):
    program = "haproxy"
    shipped = ROOT / "deploy" / "haproxy" / "haproxy.cfg"
    reload_signal = signal.SIGUSR2  # what `systemctl reload haproxy` sends to the master

    def substitutions(self) -> dict[str, str]:
        user, group = whoami()
        return {
            "bind :::80 v4v6": f"bind 127.0.0.1:{self.http_port}",
            "bind :::443 v4v6": f"bind 127.0.0.1:{self.https_port}",
            f"crt /etc/haproxy/certs/{HOST}.pem": f"crt {self.certificate.together}",
            "user haproxy": f"user {user}",
            "group haproxy": f"group {group}",
        }

    def options(self) -> Sequence[str | Path]:
        return ["-W", "-f", self.config]

    def environment(self) -> dict[str, str]:
        return {f"WORKER_{at}": f"127.0.0.1:{port}" for at, port in enumerate(self.workers, 1)}


def replaced(text: str, substitutions: Mapping[str, str]) -> str:
    """Each must occur: a file that has changed would be tested with something else in it."""
    for shipped, ours in substitutions.items():
        assert shipped in text, f"{shipped!r} is not in the shipped file"
        text = text.replace(shipped, ours)
    return text


def whoami() -> tuple[str, str]:
    return pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
