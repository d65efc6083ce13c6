"""`python -m benchmarks [NAME …]`: starts a Redis and a PostgreSQL, measures, prints tables and writes them to
RESULTS.md.
"""

import sys
import tempfile
from importlib import import_module
from pathlib import Path

from benchmarks.run import ROOT, Bench, machine
from tests.servers import Postgres, Redis

NAMES = ("fanout", "posting")


def main() -> None:
    names = sys.argv[1:] or NAMES
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        sys.exit(f"No such benchmark: {', '.join(unknown)}. There are: {', '.join(NAMES)}.")
    with tempfile.TemporaryDirectory() as folder:
        print(_report(names, Path(folder)))  # noqa: T201


def _report(names: tuple[str, ...] | list[str], folder: Path) -> str:
    redis, postgres = Redis(folder), Postgres(durable=True)
    try:
        bench = Bench(folder, redis, postgres)
        tables = []
        for name in names:
            bench.say(f"{name} …")
            tables += [table.markdown() for table in import_module(f"benchmarks.{name}").run(bench)]
    finally:
        redis.kill()
        postgres.kill()
        postgres.remove()
    text = "\n".join([f"`bin/bench {' '.join(names)}` on {machine()}\n", *tables])
    if sorted(names) == sorted(NAMES):
        (ROOT / "benchmarks" / "RESULTS.md").write_text(f"# Measured\n\n{text}\n{NOTES}")
    return text


NOTES = """
How to read it: CPU is user and system time of the server and its Redis from `/proc`; medians of three runs; the load
comes from one more process on the same machine. Peers run in the same command, one after the other. Look at the
ratios: the absolute figures are this machine's.

One message at a time is a system call a socket: a bare `socket.send` to 300 loopback sockets cost 4.3 to 4.5 µs each on
the machine of these figures. With more on the way the frames that wait leave joined, one call for several messages.
"""


if __name__ == "__main__":
    main()
