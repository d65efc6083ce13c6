"""What the scripts beside this one share: a clock, a counter of statements, and how they print what they found.

Knows no project: each script runs in an environment of its own.
"""

import json
from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time
from typing import Any

PEOPLE = 1_000
INBOX = 10_000
PAGE = 30


def timed(work: Callable[[], Any], *, times: int = 1) -> dict[str, float]:
    """Milliseconds and CPU milliseconds of this process, the medians of `times`; and the statements of one more."""
    walls, cpus = [], []
    for _ in range(times):
        began, used = perf_counter(), process_time()
        work()
        walls.append((perf_counter() - began) * 1e3)
        cpus.append((process_time() - used) * 1e3)
    return {"ms": median(walls), "cpu_ms": median(cpus), "queries": _statements(work)}


def _statements(work: Callable[[], Any]) -> float:
    from django.db import connection

    count = 0

    def counted(execute: Any, *arguments: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*arguments)

    with connection.execute_wrapper(counted):
        work()
    return count


def settle() -> None:
    """As PostgreSQL does by itself within a minute: it looks at what there is, and plans accordingly."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def tell(found: dict[str, Any]) -> None:
    print(json.dumps(found))
