"""The site's static files, collected once for a test run: to hash and compress them takes seven seconds of a core."""

import shutil
from fcntl import LOCK_EX, flock
from pathlib import Path

from realtime_site.management.commands.prepare import static_files_now
from tests.processes import ROOT
from tests.servers import run_python, worker_environment

COLLECTED = ROOT / "test-results" / "collected"


def collect_into(data_dir: Path) -> None:
    """A copy of what `manage.py prepare` leaves there, with its stamp: it finds nothing to collect any more."""
    COLLECTED.mkdir(parents=True, exist_ok=True)
    with (COLLECTED / "lock").open("w") as lock:
        flock(lock, LOCK_EX)  # pytest-xdist's processes come at once
        stamp = COLLECTED / "static.stamp"
        if not stamp.exists() or stamp.read_text() != static_files_now():
            run_python(worker_environment(COLLECTED), "manage.py", "prepare")
    shutil.copytree(COLLECTED / "static", data_dir / "static", dirs_exist_ok=True)
    shutil.copy(stamp, data_dir)
