"""What the machine grants, against the sockets that are expected: files, the kernel's queue, ports, memory."""

import os
import resource
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from django.conf import settings

from realtime_site.doctor.findings import Finding, Subject
from realtime_site.doctor.options import Options
from realtime_site.listening import BACKLOG

LIMITS = Subject("limits")

# Beside its sockets a worker has database connections, Redis', HTTP requests, files that it hands out.
MORE_FILES = 512
# benchmarks/RESULTS.md: an idle socket, and a worker with none.
SOCKET_BYTES, WORKER_BYTES = round(14.8 * 1024), 100 * 1024**2
# The kernel's buffers, the database, the proxy and the cache of files want as much again.
OURS = 0.5
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Machine:
    """`files`: of the workers that run, or of this process where none does. `backlog`, `ports`, `memory_bytes`: None
    where the system does not say.
    """

    sockets: int
    workers: int
    files: int
    running: int
    backlog: int | None
    ports: int | None
    memory_bytes: int | None

    @property
    def sockets_a_worker(self) -> int:
        """While one of them restarts."""
        return ceil(self.sockets / max(1, self.workers - 1))


def look(options: Options) -> Iterable[Finding]:
    running = files_of_workers(Path("/proc"), settings.BASE_DIR)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    first, _, last = _text(Path("/proc/sys/net/ipv4/ip_local_port_range")).partition("\t")
    return judge(
        Machine(
            sockets=options.sockets,
            workers=settings.WORKERS,
            files=min(running, default=soft),
            running=len(running),
            backlog=_number(_text(Path("/proc/sys/net/core/somaxconn"))),
            ports=int(last) - int(first) + 1 if last else None,
            memory_bytes=_memory(),
        )
    )


def judge(here: Machine) -> list[Finding]:
    found = [*_files(here), *_queue(here), *_ports(here), *_memory_enough(here)]
    return found or [LIMITS.ok(f"{here.sockets:,} sockets: {here.files:,} files a worker, queue and memory suffice.")]


def _files(here: Machine) -> Iterable[Finding]:
    wanted = here.sockets_a_worker + MORE_FILES
    if here.files < wanted:
        whose = "A worker that runs here" if here.running else "This shell"
        want = f"{here.sockets:,} sockets on {here.workers} workers want {wanted:,}"
        yield LIMITS.warning(
            f"{whose} may open {here.files:,} files; {want}.",
            "A socket is one; at the limit nobody else comes in. A worker has a neighbour's too while that restarts.",
            f"ulimit -n {max(wanted, 65_536)}   # before bin/serve; under systemd LimitNOFILE={max(wanted, 65_536)}",
        )


def _queue(here: Machine) -> Iterable[Finding]:
    if here.backlog is not None and here.backlog < BACKLOG:
        what = f"The kernel lets {here.backlog} wait to be let in; workers ask for {BACKLOG:,}."
        why = "When thousands reconnect at once, each that finds the queue full waits a second or more."
        yield LIMITS.warning(what, why, "sudo sysctl -w net.core.somaxconn=4096")


def _ports(here: Machine) -> Iterable[Finding]:
    """A proxy on this machine connects to one address of each worker: a port of its own for each socket."""
    if here.ports is not None and here.ports < here.sockets_a_worker:
        what = f"A proxy here has {here.ports:,} ports towards a worker, for {here.sockets_a_worker:,} sockets."
        why = "Who comes after the last of them is answered with 502."
        yield LIMITS.warning(what, why, 'sudo sysctl -w net.ipv4.ip_local_port_range="1024 65535"')


def _memory_enough(here: Machine) -> Iterable[Finding]:
    if here.memory_bytes is None:
        return
    wanted = here.sockets * SOCKET_BYTES + here.workers * WORKER_BYTES
    there = here.memory_bytes
    take = f"{here.sockets:,} sockets on {here.workers} workers take {wanted / GIB:.1f} GiB"
    what = f"{take}; the machine has {there / GIB:.1f}."
    bears = max(0, int((there * OURS - here.workers * WORKER_BYTES) / SOCKET_BYTES))
    mend = f".venv/bin/python manage.py doctor --sockets {bears}   # as many as it bears; or a larger machine"
    if wanted > there:
        yield LIMITS.error(
            what, "The kernel ends a worker when memory is gone, and all its people come to the next.", mend
        )
    elif wanted > there * OURS:
        why = "The kernel's buffers, the database and the proxy want as much again."
        yield LIMITS.warning(what, why, mend)


def files_of_workers(proc: Path, home: Path) -> list[int]:
    """How many files each worker of this site may open that runs here and that we may look at."""
    found = []
    for process in proc.glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"realtime_site.worker" in words and (process / "cwd").resolve() == home.resolve():
                found.append(soft_limit((process / "limits").read_text()))
        except OSError:  # it has ended, or is somebody else's
            continue
    return found


def soft_limit(limits: str) -> int:
    """Of open files, as proc_pid_limits(5) has it."""
    line = next(one for one in limits.splitlines() if one.startswith("Max open files"))
    word = line.removeprefix("Max open files").split()[0]
    return int(word) if word.isdecimal() else 2**31


def _memory() -> int | None:
    """The machine's, or the control group's where that is less."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    granted = _number(_text(Path("/sys/fs/cgroup/memory.max")))
    return min(whole, granted or whole) if whole > 0 else granted


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
