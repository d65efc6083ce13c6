"""SQLite: its journal, the disk it lies on, and whether it is still enough."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from realtime_site.doctor.findings import Finding, Subject
from realtime_site.doctor.measuring import ms

DATABASE = Subject("database")

GIB = 1024**3
# Backups take a minute and migrations hold writers that long; PostgreSQL does neither.
LARGE_BYTES = 10 * GIB
FULL = 2  # PRAGMA synchronous
# Locks of files do not work there, or not between machines: https://sqlite.org/faq.html#q5.
REMOTE = ("nfs", "cifs", "smb", "9p", "fuse", "ceph", "gluster", "lustre", "vboxsf", "virtiofs", "afs")
PASSING = ("tmpfs", "ramfs", "overlay")
ON_POSTGRES = "DATABASE_URL=postgres://confab:password@127.0.0.1/confab"


@dataclass(frozen=True, slots=True)
class Sqlite:
    """`file_system` is the kernel's name of it, empty where there is no telling."""

    version: str
    journal_mode: str
    synchronous: int
    file_system: str
    size_bytes: int
    latency_ms: float
    workers: int


def measured(latency_ms: float) -> Sqlite:
    file = Path(connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        asked = [cursor.execute(query).fetchone()[0] for query in QUERIES]
    mounts = Path("/proc/self/mountinfo")
    return Sqlite(
        version=asked[0],
        journal_mode=asked[1],
        synchronous=asked[2],
        file_system=file_system_of(file.resolve(), mounts.read_text()) if mounts.exists() else "",
        size_bytes=file.stat().st_size if file.exists() else 0,
        latency_ms=latency_ms,
        workers=settings.WORKERS,
    )


QUERIES = ("SELECT sqlite_version()", "PRAGMA journal_mode", "PRAGMA synchronous")


def judge(here: Sqlite) -> list[Finding]:
    size = f"{here.size_bytes / 1024**2:.1f} MiB"
    fine = f"SQLite {here.version}, write-ahead log, durable, {size}; {ms(here.latency_ms)} a query."
    return [*_journal(here), *_place(here), *_measure(here)] or [DATABASE.ok(fine)]


def file_system_of(path: Path, mountinfo: str) -> str:
    """The type of the innermost mount that holds the path (proc_pid_mountinfo(5)); of those on one place the last."""
    found, depth = "", -1
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        place = Path(before.split()[4].replace(r"\040", " "))
        if path.is_relative_to(place) and len(place.parts) >= depth:
            found, depth = after.split()[0], len(place.parts)
    return found


def _journal(here: Sqlite) -> Iterable[Finding]:
    if here.journal_mode != "wal":
        what = f"SQLite's journal is {here.journal_mode}, not wal."
        why = "Whoever reads waits for whoever writes. Confab asks for wal: this file system or an option refused it."
        yield DATABASE.error(what, why, "DATA_DIR=/var/lib/confab")
    if here.synchronous < FULL:
        what = f"SQLite's synchronous is {here.synchronous}, not {FULL} (FULL)."
        why = "A message that was acknowledged may be lost when the power fails."
        yield DATABASE.error(what, why, "git checkout realtime_site/settings.py")


def _place(here: Sqlite) -> Iterable[Finding]:
    what = f"The database lies on {here.file_system}."
    if here.file_system.startswith(REMOTE):
        why = "Locks are not to be relied on there: the database can be damaged."
        yield DATABASE.error(what, why, "DATA_DIR=/var/lib/confab")
    if here.file_system in PASSING:
        why = "It is gone with the machine's restart, or the container's end, and all that was said with it."
        yield DATABASE.warning(what, why, "DATA_DIR=/var/lib/confab")


def _measure(here: Sqlite) -> Iterable[Finding]:
    if here.workers > 1:
        what = f"{here.workers} workers share a SQLite file."
        yield DATABASE.note(what, "They take turns at writing.", ON_POSTGRES)
    if here.size_bytes > LARGE_BYTES:
        what = f"The SQLite file has {here.size_bytes / GIB:.0f} GiB."
        yield DATABASE.note(what, "Backups and upgrades of it take minutes, while nobody can write.", ON_POSTGRES)
