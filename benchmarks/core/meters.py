"""What processes used, from /proc: CPU time and memory, their children included."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil


class Memory(NamedTuple):
    """KiB. `own` (USS) is what would be free if the processes were gone.

    Not PSS: it falls when anybody on the machine starts another Python.
    """

    resident: int
    own: int


def cpu_seconds(*pids: int) -> float:
    """User and system time so far, of the processes, their children, and those of them that have ended."""
    total = 0.0
    for process in _families(pids):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def memory(*pids: int) -> Memory:
    """Of the processes and their children, from smaps_rollup (proc(5))."""
    sums = {"Rss": 0, "Private_Clean": 0, "Private_Dirty": 0}
    for process in _families(pids):
        with suppress(OSError):
            for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()[1:]:
                name, value = line.split(":")
                if name in sums:
                    sums[name] += int(value.split()[0])
    return Memory(sums["Rss"], sums["Private_Clean"] + sums["Private_Dirty"])


def forget_peak(pid: int) -> None:
    """`peak_kib` counts from here on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_kib(pid: int) -> int:
    """The most that was resident at any moment (VmHWM, proc(5)), however short it was."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _families(pids: Iterable[int]) -> Iterator[psutil.Process]:
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            yield process
            yield from process.children(recursive=True)
