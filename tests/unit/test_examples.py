"""The examples run as they say."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_notifications_work_without_chat_in_twenty_lines() -> None:
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-m", "examples.notify"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "The coffee is ready: /kitchen/\n", "")
    source = (ROOT / "examples" / "notify.py").read_text()
    code = [line for line in source.split('"""')[2].splitlines() if line.strip()]
    assert len(code) <= 20
