"""Starts workers in a tenth of a second: as forks of a process that has loaded their libraries already.

To load these is three quarters of what a worker's start costs. Of ours nothing is loaded before the fork, and no
setting read: a fork gets its environment first. The supervisor's tests start workers the long way.

`python -m tests.forks` is that process. A line of standard input asks it to start something, `{"words": ["-m", …],
"env": …, "output": path or null}`, or how it ended, `{"ended": pid}`; a line of standard output is the pid, or the
exit code, null while it runs.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.processes import ROOT, before_exec

# What takes longest, and neither asks for settings nor installs Twisted's reactor, which a fork must not share.
LIBRARIES = (
    "autobahn.twisted.util",
    "channels.routing",
    "cryptography.x509",
    "django.contrib.admin.decorators",
    "django.core.handlers.asgi",
    "django.core.management",
    "django.db.migrations.executor",
    "django.template.defaulttags",
    "django.views.generic",
    "emoji",
    "environs",
    "fido2.webauthn",
    "markdown_it",
    "PIL.Image",
    "prometheus_client",
    "psycopg_pool",
    "puremagic",
    "redis.asyncio",
    "structlog",
    "twisted.internet.endpoints",
    "twisted.internet.ssl",
    "twisted.web.http",
    "websockets.server",
)


class Fork:
    """What subprocess.Popen is for others: `pid`, `poll`, `wait`, `send_signal`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = _ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        deadline = time.monotonic() + (timeout or float("inf"))
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


_server: "list[subprocess.Popen[str]]" = []
_lock = threading.Lock()


def start(words: Sequence[str], *, env: Mapping[str, str], output: Path | None = None) -> Fork:
    """`start(["-m", "realtime_site.worker"], env=…)`. Without `output` it prints where this process does."""
    return Fork(_ask({"words": list(words), "env": dict(env), "output": str(output) if output else None}))


def end() -> None:
    """And whatever of the forks still runs."""
    while _server:
        _server.pop().communicate()


def _ask(request: dict[str, Any]) -> Any:
    with _lock:
        if not _server:
            _server.append(_launch())
        into, out = _server[0].stdin, _server[0].stdout
        assert into
        assert out
        into.write(json.dumps(request) + "\n")
        into.flush()
        return json.loads(out.readline())


def _launch() -> "subprocess.Popen[str]":
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.forks"],
        cwd=ROOT,
        env=env | {"PYTHONUNBUFFERED": "1"},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=0,
        preexec_fn=before_exec(),
    )


def serve() -> list[str] | None:
    """Returns in a fork with the words of its program, and in the process that is forked when nobody asks any more."""
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        if "words" not in asked:
            pid, status = os.waitpid(asked["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        elif (answer := os.fork()) == 0:
            _become(asked["env"], asked["output"])
            return list(asked["words"])
        print(json.dumps(answer), flush=True)  # noqa: T201  the protocol
    return None


def _become(env: dict[str, str], output: str | None) -> None:
    """What subprocess.Popen would have made of it."""
    before_exec()()
    os.setpgid(0, 0)
    os.environ.clear()
    os.environ.update(env)
    nothing = os.open(os.devnull, os.O_RDONLY)
    said = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666) if output else 2
    for have, wanted in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(have, wanted)
    os.closerange(3, max(nothing, said) + 1)
    signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    program = serve()
    if program:
        sys.argv = program[1:]
        runpy.run_module(program[1], run_name="__main__", alter_sys=True)
