"""`bin/test`: runs the stages, says how they went.

  bin/test                        everything; of the faults the quick half
  bin/test unit browser           two stages
  bin/test -k presence            tests with that in their names, whatever their stage
  bin/test unit -x --lf           what follows the stages is pytest's
  bin/test tests/unit/test_hub.py
  bin/test faults                 the whole fault matrix (docs/faults.md), with its table at the end
  bin/test faults --repeat 5      five times, each with a seed of its own
  bin/test faults --seed 7        things break when they broke with this seed

Stages: lint types unit sqlite postgres scale faults js browser. What they printed is in test-results/. What cannot run
here is listed at the end with its cure; with CI=true it counts as failed. The last line has the sums.
"""

# Until `run` nothing but the standard library: `--check` comes before anything is installed.
import os
import secrets
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Never

if TYPE_CHECKING:
    from tests.runner.results import Result

STAGES = {
    "lint": "style, templates, who may import whom",
    "types": "mypy",
    "unit": "parts on their own",
    "sqlite": "services, sockets and pages on SQLite and memory",
    "postgres": "the same on PostgreSQL and Redis",
    "scale": "several workers, kept busy and broken",
    "faults": "whatever may break, under people who talk",
    "js": "the page's modules and their types",
    "browser": "people in Chromium",
}
# Where the stages that are pytest's have their tests.
PATHS = {
    "unit": ("tests/unit", "tests/test_*.py"),
    "sqlite": ("tests/services", "tests/consumers", "tests/http"),
    "postgres": ("tests/services", "tests/consumers", "tests/http"),
    "scale": ("tests/scale",),
    "faults": ("tests/faults",),
    "browser": ("tests/browser",),
}
QUESTION = 2  # the exit code of `--check` when only help was wanted
INTERRUPTED = 130


class Choice(NamedTuple):
    """What is meant by the words: the stages, and what goes to pytest. `quick` leaves out what is marked `long`."""

    stages: list[str]
    arguments: list[str]
    seed: int
    repeat: int = 1
    quick: bool = False


def main(words: Sequence[str]) -> int:
    check_only = words[:1] == ["--check"]
    words = words[1:] if check_only else words
    if {"-h", "--help"} & set(words):
        print(__doc__)
        return QUESTION
    choice = chosen(words)
    return 0 if check_only else run(choice)


def chosen(words: Sequence[str]) -> Choice:
    """Ends the process when the words make no sense."""
    words = list(words)
    seed, repeat = _number(words, "--seed"), _number(words, "--repeat")
    count = next((at for at, word in enumerate(words) if word not in STAGES), len(words))
    names, arguments = words[:count], words[count:]
    if arguments and not arguments[0].startswith("-") and not Path(arguments[0].split("::")[0]).exists():
        sys.exit(f"{arguments[0]} is neither a stage ({' '.join(STAGES)}) nor a path.")
    return Choice(
        names or _concerned(arguments),
        arguments,
        secrets.randbelow(1_000_000) if seed is None else seed,
        1 if repeat is None else repeat,
        quick=not names and all(word.startswith("-") and word != "-k" for word in arguments),
    )


def _number(words: list[str], option: str) -> int | None:
    """Takes an option and its value out of the words."""
    at = next((at for at, word in enumerate(words) if word.split("=")[0] == option), None)
    if at is None:
        return None
    inside = "=" in words[at]
    value = words[at].partition("=")[2] if inside else "".join(words[at + 1 : at + 2])
    del words[at : at + (1 if inside else 2)]
    if not value.isdecimal() or (option == "--repeat" and int(value) < 1):
        sys.exit(f"{option} takes a number, not {value!r}.")
    return int(value)


def _concerned(arguments: Sequence[str]) -> list[str]:
    """The stages that arguments without a stage are about."""
    paths = [Path(word.split("::")[0]) for word in arguments if word.startswith("tests/")]
    if not paths:
        return list(PATHS if arguments else STAGES)
    return [
        name
        for name, patterns in PATHS.items()
        if any(one.match(pattern) for path in paths for one in (path, *path.parents) for pattern in patterns)
    ]


def run(choice: Choice) -> int:
    """Every stage runs, whatever became of the one before. The exit code."""
    from tests.runner.command import adopt_orphans
    from tests.runner.results import Result
    from tests.runner.stages import COLLECTED, RESULTS

    RESULTS.mkdir(exist_ok=True)
    shutil.rmtree(COLLECTED, ignore_errors=True)  # each run collects anew
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell that runs this in the background has SIGINT ignored
        signal.signal(number, _interrupt)
    adopt_orphans()
    total, started, code = Result(), time.monotonic(), 0
    try:
        for name in choice.stages:
            total += _run_one(name, choice)
    except KeyboardInterrupt:
        print("\nInterrupted.")
        code = INTERRUPTED
    failed = _sum_up(total, time.monotonic() - started)
    return code or failed


def _run_one(name: str, choice: Choice) -> "Result":
    from tests.runner.results import NotRun, Result
    from tests.runner.stages import Stage
    from tests.runner.tools import MissingError

    stage = Stage(name, choice)
    print(f"{name}: {STAGES[name]}", flush=True)
    started = time.monotonic()
    try:
        result = stage.run()
    except MissingError as problem:
        result = Result(not_run=[NotRun(name, problem.reason, problem.cure)])
    except Exception:  # a fault of a stage must not keep the others from running
        traceback.print_exc()
        result = Result(failed=1)
    if result.failed:
        print(stage.shown())
    print(f"  {result} in {time.monotonic() - started:.1f} s", flush=True)
    return result


def _sum_up(total: "Result", seconds: float) -> int:
    from tests.runner.results import listed

    if total.not_run:
        print("\nNot run:", *listed(total.not_run), sep="\n")
    if os.environ.get("CI", "").lower() in {"true", "1"} and total.not_run:
        print("In CI what is not run counts as failed.")
        total.failed += len(total.not_run)
        total.not_run = []
    print(f"\n{seconds:.0f} s; what was printed is in test-results/\n{total}")
    return int(total.failed > 0 or not (total.passed or total.not_run))


def _interrupt(*_: object) -> Never:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
