"""The processes of tests/scale/seed.py: one for each database server. To load Django takes longer than to seed."""

import json
import subprocess
import sys
from typing import Any

from tests.processes import ROOT, before_exec

_running: dict[str, "subprocess.Popen[str]"] = {}


def seed(env: dict[str, str], wanted: dict[str, list[str]]) -> dict[str, Any]:
    """Makes people and rooms in the database of a worker with that environment."""
    server, _, name = env["DATABASE_URL"].rpartition("/")
    process = _running.get(server) or _running.setdefault(server, _start(env))
    assert process.stdin
    assert process.stdout
    database = name or f"{env['DATA_DIR']}/db.sqlite3"
    process.stdin.write(json.dumps({"database": database, "wanted": wanted}) + "\n")
    process.stdin.flush()
    made: dict[str, Any] = json.loads(process.stdout.readline())
    if "error" in made:
        raise RuntimeError(made["error"])
    return made


def end() -> None:
    while _running:
        _running.popitem()[1].communicate()


def _start(env: dict[str, str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.scale.seed"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=env, preexec_fn=before_exec(), **pipes)
