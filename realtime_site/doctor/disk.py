"""The data directory: there, ours, closed to others, with room."""

import os
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from realtime_site.doctor.findings import Finding, Subject
from realtime_site.doctor.options import Options

DISK = Subject("disk")

MIB, GIB = 1024**2, 1024**3
# A picture is 5 MB, a release's static files 10; SQLite's journal grows by as much as one transaction writes.
LITTLE_BYTES, NOTHING_BYTES = GIB, 100 * MIB
LITTLE_INODES = 0.02  # of all


@dataclass(frozen=True, slots=True)
class Place:
    """`free_inodes` is a share of all, 1 where they are not counted. `mode` is None where there is no such place."""

    path: Path
    mode: int | None
    free_bytes: int = 0
    free_inodes: float = 1.0
    unwritable: str = ""


def look(options: Options) -> Iterable[Finding]:
    return judge(measured(settings.DATA_DIR))


def measured(path: Path) -> Place:
    if not path.is_dir():
        return Place(path, None)
    disk = os.statvfs(path)
    return Place(
        path=path,
        mode=stat.S_IMODE(path.stat().st_mode),
        free_bytes=disk.f_bavail * disk.f_frsize,
        free_inodes=disk.f_favail / disk.f_files if disk.f_files else 1.0,
        unwritable=_refusal(path),
    )


def judge(here: Place) -> list[Finding]:
    if here.mode is None:
        return [
            DISK.error(
                f"There is no {here.path}.",
                "Pictures, keys and static files are kept there.",
                f"mkdir -m 700 {here.path}",
            )
        ]
    found = [*_access(here), *_room(here)]
    return found or [DISK.ok(f"{here.path} can be written, and has {here.free_bytes / GIB:.1f} GiB left.")]


def _access(here: Place) -> Iterable[Finding]:
    assert here.mode is not None
    if here.unwritable:
        why = f"Nobody can upload a picture; on SQLite nobody can say anything. ({here.unwritable})"
        yield DISK.error(
            f"{here.path} cannot be written.", why, f'sudo chown -R "$USER" {here.path}   # the user of the workers'
        )
    if here.mode & 0o007:
        why = "Any user of this machine finds the way to private messages and keys."
        yield DISK.warning(f"{here.path} is open to everybody.", why, f"chmod o-rwx {here.path}")


def _room(here: Place) -> Iterable[Finding]:
    what = f"{here.path} has {here.free_bytes / MIB:.0f} MiB left."
    mend = f"du -xh -d2 {here.path} | sort -h | tail"
    if here.free_bytes < NOTHING_BYTES:
        yield DISK.error(what, "A database that cannot write takes no messages.", mend)
    elif here.free_bytes < LITTLE_BYTES:
        yield DISK.warning(what, "When it is full, nothing is stored any more.", mend)
    if here.free_inodes < LITTLE_INODES:
        what = f"The file system of {here.path} has {here.free_inodes:.1%} of its inodes left."
        yield DISK.warning(
            what,
            "Without any, no file can be made, however much room there is.",
            mend.replace("du -xh", "du -x --inodes"),
        )


def _refusal(path: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"?")
    except OSError as error:
        return error.strerror or str(error)
    return ""
