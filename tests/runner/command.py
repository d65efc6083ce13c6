"""Runs a command with its output in a file and its progress on the terminal, and leaves nothing of it behind."""

import ctypes
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from tests.processes import ROOT, before_exec, running

PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
LIMIT_SECONDS = 600  # the whole run has ten minutes
TIDY_SECONDS = 20  # for fixtures to end their servers after Ctrl-C
TOLD_EVERY_SECONDS = 30  # where there is no terminal


def run_command(command: Sequence[str | Path], *, env: Mapping[str, str], output: Path) -> int:
    """Its exit code; 124 when it took longer than LIMIT_SECONDS. On Ctrl-C it is told, too, and given time."""
    said = output.stat().st_size if output.exists() else 0  # by commands before
    with output.open("ab") as out:
        child = subprocess.Popen(
            [str(word) for word in command],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=before_exec(),
        )
    try:
        return _followed(child, output, said)
    except KeyboardInterrupt:
        child.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            child.wait(TIDY_SECONDS)
        raise
    finally:
        end_descendants()


def adopt_orphans() -> None:
    """What the stages' processes leave behind becomes this process's child, so that it can be found (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_descendants() -> None:
    """Ends the command and whatever it started or orphaned; not the servers that this process started for it."""
    spared = _spared()
    family = [one for one in psutil.Process().children(recursive=True) if one.pid not in spared]
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(family, 5)


def _spared() -> set[int]:
    roots = [psutil.Process(server.pid) for server in running]
    return {one.pid for root in roots for one in (root, *root.children(recursive=True))}


def _followed(child: "subprocess.Popen[bytes]", output: Path, said: int) -> int:
    started = told = time.monotonic()
    while True:
        with suppress(subprocess.TimeoutExpired):
            return child.wait(0.5)
        now = time.monotonic()
        if now - started > LIMIT_SECONDS:
            with output.open("a") as out:
                out.write(f"\nEnded after {LIMIT_SECONDS} s.\n")
            return 124
        if sys.stdout.isatty():
            print(f"  {_progress(output, said)} {now - started:.0f} s   ", end="\r", flush=True)
        elif now - told > TOLD_EVERY_SECONDS:
            told = now
            print(f"  {_progress(output, said)} {now - started:.0f} s", flush=True)


def _progress(output: Path, said: int) -> str:
    """How many tests pytest has said to be done."""
    done = sum(map(len, re.findall(rb"^[.FEsxX]+", output.read_bytes()[said:], re.M)))
    return f"{done} tests in" if done else "…"
