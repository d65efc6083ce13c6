"""`python -m benchmarks [NAME …]`: starts a PostgreSQL, measures, stores, and writes RESULTS.md again."""

import argparse
import resource
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

from benchmarks.core import results
from benchmarks.core.bench import Bench
from tests.servers import Postgres

NAMES = (
    "fanout",
    "posting",
    "connects",
    "idle",
    "storm",
    "workers",
    "catchup",
    "polling",
    "flood",
    "notifying",
    "announcing",
    "dashboard",
)
RUNS = 3


def main() -> None:
    options = _options()
    if options.report:
        results.write_report(NAMES)
        return
    _allow_many_files()
    failed = _measure(options)
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}. The results of the others are stored.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/bench",
        description="Measures Confab beside its peers, one benchmark after the other. Results: benchmarks/RESULTS.md.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)} (all)")
    parser.add_argument("--quick", action="store_true", help="does everything once and briefly, and stores nothing")
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help=f"the median of N runs counts ({RUNS})")
    parser.add_argument("--report", action="store_true", help="measures nothing; writes RESULTS.md again")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}. There are: {', '.join(NAMES)}")
    return options


def _measure(options: argparse.Namespace) -> list[str]:
    """The names of those that failed."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="confab-bench-") as folder:
        postgres = Postgres(durable=True)
        try:
            bench = Bench(Path(folder), postgres, 1 if options.quick else options.runs, options.quick)
            for name in options.names or NAMES:
                if not _one(bench, name):
                    failed.append(name)
        finally:
            postgres.kill()
            postgres.remove()
    return failed


def _one(bench: Bench, name: str) -> bool:
    bench.say(f"{name} …")
    bench.versions, bench.skipped = {}, {}
    try:
        data = import_module(f"benchmarks.{name}").measure(bench)
    except Exception:
        bench.say(f"{name} failed:\n{traceback.format_exc()}")
        return False
    result = {
        "date": results.today(),
        "machine": results.machine(),
        "runs": bench.runs,
        "versions": bench.versions,
        "skipped": bench.skipped,
        "data": data,
    }
    if not bench.quick:
        results.store(name, result)
        results.write_report(NAMES)
    print(results.section(name, result), flush=True)
    return True


def _allow_many_files() -> None:
    """Ten peers with a thousand sockets each."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
