"""Notifying a thousand people, reading an inbox of ten thousand, and pushing to a thousand devices.

Ours beside django-notifications-hq (rows in a table) and django-webpush (a request a device, while the caller waits),
each as its README has it, on a PostgreSQL with fsync. The push service is a process on loopback that accepts all.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.core import figures
from benchmarks.core.aims import Aim
from benchmarks.core.bench import Bench, Data, MissingError
from benchmarks.core.plots import Dots, Plot
from benchmarks.peers import notify
from benchmarks.peers.notify.keys import vapid_key
from tests.processes import free_port

OURS, ROWS, PUSHES = "Confab", "django-notifications-hq", "django-webpush"
STEPS = {
    "everybody": "1,000 people told of one event",
    "one_by_one": "1,000 events, one person each",
    "reading": "the newest 30 of 10,000, and the unread count",
    "reading_all": "10,000 marked read",
}
Figures = dict[str, Any]


def measure(bench: Bench) -> Data:
    """`rows`: server → step → figures; `pushes`: server → figures."""
    bench.versions[OURS] = notify.our_version()
    rows = _each(
        bench, {OURS: lambda: notify.ours(bench, "with_confab"), ROWS: lambda: notify.theirs(bench, "with_hq")}
    )
    port = free_port()
    with bench.process("sink", [sys.executable, notify.HERE / "sink.py", str(port)], port=port):
        origin = f"http://127.0.0.1:{port}"
        key = {"VAPID_PRIVATE_KEY": vapid_key(), "PUSH_TEST_ORIGINS": origin}
        pushes = _each(
            bench,
            {
                OURS: lambda: notify.ours(bench, "with_confab_push", origin, **key),
                PUSHES: lambda: notify.theirs(bench, "with_webpush", origin),
            },
        )
    return {"rows": rows, "pushes": pushes}


def _each(bench: Bench, programs: dict[str, Callable[[], Figures]]) -> dict[str, Figures]:
    runs: dict[str, list[Figures]] = {}
    for run in range(bench.runs):
        for name, program in programs.items():
            if name in bench.skipped:
                continue
            try:
                if name != OURS:
                    bench.versions.setdefault(name, notify.their_versions())
                found = program()
            except MissingError as error:
                bench.skipped[name] = str(error)
                bench.say(f"  NOT MEASURED: {name}. {error}")
                continue
            bench.say(f"  run {run + 1}, {name}: {found}")
            runs.setdefault(name, []).append(found)
    return {name: _medians(found) for name, found in runs.items()}


def _medians(runs: list[Figures]) -> Figures:
    """Of every figure, over the runs; steps within."""
    if not isinstance(next(iter(runs[0].values())), dict):
        return figures.medians(runs)
    return {step: figures.medians([run[step] for run in runs]) for step in runs[0]}


def tables(data: Data) -> dict[str, str]:
    columns = ["", *(f"{name}: {what}" for name in data["rows"] for what in ("ms", "CPU ms", "queries"))]
    rows = [
        [text, *(figures.number(found[step][what]) for found in data["rows"].values() for what in _FIGURES)]
        for step, text in STEPS.items()
    ]
    pushed = [
        [name, *(figures.number(found[what]) for what in ("held_seconds", "sent_seconds"))]
        for name, found in data["pushes"].items()
    ]
    head = ["1,000 devices", "s that the caller waits", "s until the push service has all"]
    return {"rows": figures.table(columns, rows), "pushes": figures.table(head, pushed)}


_FIGURES = ("ms", "cpu_ms", "queries")


def aims(data: Data) -> Iterator[Aim]:
    ours = data["rows"][OURS]
    yield Aim("queries that tell a thousand people of one event", ours["everybody"]["queries"], at_most=10)
    if ROWS in data["rows"]:
        for step in ("everybody", "reading"):
            value = ours[step]["ms"] / data["rows"][ROWS][step]["ms"]
            yield Aim(f"{STEPS[step]}: time, × {ROWS}", value, at_most=1)
    if PUSHES in data["pushes"]:
        value = data["pushes"][OURS]["held_seconds"] / data["pushes"][PUSHES]["held_seconds"]
        yield Aim(f"1,000 pushes: the caller waits, × {PUSHES}", value, at_most=0.1)


def plots(data: Data) -> list[Plot]:
    return [
        Dots(STEPS[step] + ", ms", {name: found[step]["ms"] for name, found in data["rows"].items()})
        for step in ("everybody", "reading")
    ]
