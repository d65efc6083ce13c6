"""`.env.example` is the reference of the settings; this keeps it complete, and its values possible."""

import ast
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SET = re.compile(r"^#([A-Z_]+)=(.+)$", re.MULTILINE)
READS = re.compile(r"env\.\w+|os\.environ\.get")
FILES_THAT_READ = ["realtime_site/settings.py", "realtime_site/accounts/first_run.py"]


def example() -> list[tuple[str, str]]:
    return SET.findall((ROOT / ".env.example").read_text())


def variables_read() -> set[str]:
    """The first argument of each `env.…("NAME")` and `os.environ.get("NAME")`."""
    calls = [
        node
        for path in FILES_THAT_READ
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Call) and READS.fullmatch(ast.unparse(node.func))
    ]
    return {str(call.args[0].value) for call in calls if call.args and isinstance(call.args[0], ast.Constant)}


def test_every_variable_that_is_read_has_one_line() -> None:
    names = [name for name, _ in example()]
    assert sorted(names) == sorted(variables_read())


def test_every_line_is_explained() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    for above, line in itertools.pairwise(lines):
        if SET.match(line):
            assert above.startswith("#"), f"{line} has no comment above it"


def test_nothing_is_set_by_copying_the_file() -> None:
    assert all(line.startswith("#") for line in (ROOT / ".env.example").read_text().splitlines() if line)


def test_the_values_load(tmp_path: Path) -> None:
    environment = dict(example()) | {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    load = "from realtime_site import settings; print(settings.SITE_URL, settings.DATABASES['default']['HOST'])"
    done = subprocess.run(
        [sys.executable, "-c", load], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["https://chat.example.org", "127.0.0.1"]
