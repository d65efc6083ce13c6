"""What each stage does. `__main__` has their order, and the words around them."""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.matrix import PROPERTY, Seen, table
from tests.processes import ROOT
from tests.runner import results, tools
from tests.runner.__main__ import PATHS, Choice
from tests.runner.command import run_command
from tests.runner.results import Result
from tests.servers import Postgres, Redis

RESULTS = ROOT / "test-results"
COLLECTED = RESULTS / "collected"  # tests/collected.py's
SHOWN_LINES = 300  # of what a failed stage printed; the file has all
TOOLS = Path(sys.executable).parent
# A test that hangs shows where after this; none has a reason to take half as long.
HANGS_SECONDS = 180
# Side by side, each process with its own servers. Past four the machine's memory is the limit, not its cores.
PROCESSES = max(2, min(4, os.cpu_count() or 2))
# Where tests wait for a database, for leases, drains and recoveries, or for a page, one more has the cores meanwhile.
WAITING = ("postgres", "scale", "faults", "browser")


class Stage:
    """One stage's run: its commands, its output, its part of the arguments."""

    def __init__(self, name: str, choice: Choice) -> None:
        self.name = name
        self.choice = choice
        self.arguments = [word for word in choice.arguments if not _is_path(word)]
        self.xml = RESULTS / f"{name}.xml"
        self.output = RESULTS / f"{name}.txt"
        self.output.unlink(missing_ok=True)
        self.env = _environment()
        self._paths = [word for word in choice.arguments if _is_path(word)]

    def run(self) -> Result:
        """Raises MissingError."""
        return _STAGES[self.name](self)

    def command(self, *words: str | Path) -> int:
        return run_command(words, env=self.env, output=self.output)

    def check(self, *words: str | Path) -> Result:
        return results.of_command(self.command(*words))

    def pytest(self, *more: str) -> Result:
        """Those of the stage's tests that the arguments leave, if any."""
        wanted = self._wanted()
        if not wanted:
            return Result()
        self.xml.unlink(missing_ok=True)
        options = [
            f"--junitxml={self.xml}",
            f"--numprocesses={PROCESSES + (self.name in WAITING)}",
            "-o",
            f"faulthandler_timeout={HANGS_SECONDS}",
        ]
        code = self.command(sys.executable, "-m", "pytest", "-q", *options, *more, *wanted, *self.arguments)
        return results.of_pytest(self.xml, code, narrowed=bool(self._paths or self.arguments))

    def shown(self) -> str:
        """The end of what was printed."""
        lines = self.output.read_text(errors="replace").splitlines() if self.output.exists() else []
        return "\n".join(lines[-SHOWN_LINES:])

    def _wanted(self) -> list[str]:
        own = [found for pattern in PATHS[self.name] for found in sorted(ROOT.glob(pattern))]
        if not self._paths:
            return [str(path) for path in own]
        return [word for word in self._paths if any(_real(word).is_relative_to(path) for path in own)]


def lint(stage: Stage) -> Result:
    result = stage.check(TOOLS / "ruff", "check", ".")
    result += stage.check(TOOLS / "ruff", "format", "--check", ".")
    result += stage.check(TOOLS / "lint-imports", "--no-cache")
    result += stage.check(TOOLS / "djlint", "templates", "--lint", "--quiet")
    return result


def types(stage: Stage) -> Result:
    return stage.check(TOOLS / "mypy")


def in_python(stage: Stage) -> Result:
    return stage.pytest()


def postgres(stage: Stage) -> Result:
    with _servers() as env:
        stage.env |= env
        return stage.pytest()


def scale(stage: Stage) -> Result:
    with suppress(tools.MissingError):  # the tests that need them say so
        tools.proxies(lambda words: stage.command(*words))
    return stage.pytest()


def faults(stage: Stage) -> Result:
    """As often as is asked for, each time with the next seed; then the table of all."""
    result, seen = Result(), list[Seen]()
    for seed in range(stage.choice.seed, stage.choice.seed + stage.choice.repeat):
        print(f"  seed {seed}", flush=True)
        result += stage.pytest(f"--seed={seed}", *(["-m", "not long"] if stage.choice.quick else []))
        seen += map(Seen.from_json, results.properties(stage.xml, PROPERTY))
    if seen:
        print(*(f"  {line}" for line in table(seen)), sep="\n")
    return result


def js(stage: Stage) -> Result:
    node = tools.node()
    code = stage.command(node, "--test", "--test-reporter=tap", *sorted(ROOT.glob("tests/js/*.test.js")))
    result = results.of_tap(stage.output.read_text(), code)
    try:
        tsc = tools.typescript(lambda words: stage.command(*words))
        result += stage.check(node, tsc, "-p", "jsconfig.json")
    except tools.MissingError as problem:
        result.not_run.append(results.NotRun("js types", problem.reason, problem.cure))
    return result


def browser(stage: Stage) -> Result:
    tools.chromium(lambda words: stage.command(*words))
    return stage.pytest()


_STAGES: dict[str, Callable[[Stage], Result]] = {
    "lint": lint,
    "types": types,
    "unit": in_python,
    "sqlite": in_python,
    "postgres": postgres,
    "scale": scale,
    "faults": faults,
    "js": js,
    "browser": browser,
}


@contextmanager
def _servers() -> Iterator[dict[str, str]]:
    """A PostgreSQL and a Redis, as environment variables. Raises MissingError."""
    with tempfile.TemporaryDirectory(prefix="confab-redis-") as directory:
        try:
            cluster, redis = Postgres(), Redis(Path(directory))
        except FileNotFoundError as error:
            raise tools.MissingError(str(error), "apt install postgresql redis-server") from error
        try:
            yield {"DATABASE_URL": cluster.url, "REDIS_URL": redis.url}
        finally:
            redis.kill()
            cluster.remove()


def _environment() -> dict[str, str]:
    """This one's, without what a developer has set for their own site.

    Bytecode is kept: without, each process compiles all modules and rewrites all assertions anew.
    """
    configured = set(re.findall(r'env\.\w+\("([A-Z_]+)"', (ROOT / "realtime_site" / "settings.py").read_text()))
    return {name: value for name, value in os.environ.items() if name not in {*configured, "PYTHONDONTWRITEBYTECODE"}}


def _is_path(word: str) -> bool:
    return not word.startswith("-") and _real(word).exists()


def _real(word: str) -> Path:
    return (ROOT / word.split("::")[0]).resolve()
