"""How long something takes, in the middle of several times. Pure."""

from collections.abc import Callable
from statistics import median
from time import perf_counter

TIMES = 20  # enough that one hiccup does not move the middle


def middle_ms(ask: Callable[[], object], times: int = TIMES) -> float:
    """The median; the first time is not counted, it connects and warms up."""
    ask()
    return 1000 * median(_seconds(ask) for _ in range(times))


def _seconds(ask: Callable[[], object]) -> float:
    began = perf_counter()
    ask()
    return perf_counter() - began


def ms(number: float) -> str:
    digits = 2 if number < 1 else 1 if number < 10 else 0
    return f"{number:.{digits}f} ms"
