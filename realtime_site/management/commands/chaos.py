"""`manage.py chaos`: breaks things at this very site, on its database, Redis and settings, under people of its own."""

import asyncio
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from realtime_site.chaos import scene, site
from realtime_site.chaos.checker import check
from realtime_site.chaos.report import Report, as_text
from realtime_site.chaos.run import Plan, Progress, Seen, run
from realtime_site.chaos.workers import WorkerError

PEOPLE = 6
REFUSED = 2  # the exit code where nothing was begun
INTERRUPTED = 130
# How long the database may be away when the room is to be removed.
REMOVE_SECONDS = 60.0
LEFT_BEHIND = "A room and people called chaos-… are left. Remove them with: manage.py chaos --sweep"

HELP = """\
Try what this site does when things break. In a private room of its own, with people made for it, messages go through
workers started for it (on this site's database, Redis and settings), while these workers are killed, stopped and
replaced and connections cut, at times that a seed decides. Then every client's list is compared with the database.
Other rooms, people and workers are not touched; what was made is removed, also after Ctrl-C. Exit code 0: not one
message lost, doubled or swapped. docs/faults.md says more.
"""


class Command(BaseCommand):
    help = HELP

    def add_arguments(self, parser: CommandParser) -> None:
        several = 2 if settings.REDIS_URL else 1
        parser.add_argument("--seconds", type=float, default=60, help="how long things break (60)")
        parser.add_argument(
            "--workers", type=int, default=several, help=f"workers to start, more than one needs Redis ({several} here)"
        )
        parser.add_argument("--seed", type=int, help="break things when they broke with this seed")
        parser.add_argument("--report", type=Path, metavar="FILE", help="write a report: chaos.md, or chaos.json")
        parser.add_argument("--sweep", action="store_true", help="only remove what runs that were killed left behind")

    def handle(self, *args: Any, **options: Any) -> None:
        self._check(options)
        if options["sweep"]:
            self.stdout.write(f"{scene.sweep()} people removed, and their rooms.")
            return
        seed = secrets.randbelow(1_000_000) if options["seed"] is None else options["seed"]
        self._say(f"On {site.described(options['workers'])}. The seed is {seed}.")
        try:
            report = self._report(seed, options)
        except KeyboardInterrupt:
            self._say("\nInterrupted; what was made is removed.")
            sys.exit(INTERRUPTED)
        except WorkerError as error:
            raise CommandError(str(error), returncode=REFUSED) from None
        self._say(as_text(report))
        if options["report"]:
            report.write(options["report"])
        if not report.is_clean:
            sys.exit(1)

    def _check(self, options: dict[str, Any]) -> None:
        """Raises CommandError for what cannot be done here, before anything is made."""
        if options["workers"] < 1 or options["seconds"] <= 0:
            raise CommandError("At least one worker, and more than no time.", returncode=REFUSED)
        report = options["report"]
        if report and not report.absolute().parent.is_dir():
            raise CommandError(f"There is no directory {report.absolute().parent}.", returncode=REFUSED)
        problem = site.problem(options["workers"])
        if problem:
            raise CommandError(problem, returncode=REFUSED)

    def _report(self, seed: int, options: dict[str, Any]) -> Report:
        begun = datetime.now(UTC).isoformat(timespec="seconds")
        with _signals_interrupt(), self._scene() as here, tempfile.TemporaryDirectory(prefix="confab-chaos-") as logs:
            plan = Plan(
                room_id=here.room_id,
                tokens=here.tokens,
                workers=options["workers"],
                seconds=options["seconds"],
                seed=seed,
                faults=site.faults(),
                environment=site.environment(options["workers"]),
                drain_seconds=settings.LIVE_DRAIN_SECONDS,
            )
            seen = asyncio.run(self._run(plan, Path(logs)))
            verdict = check(scene.rows(here), seen.diaries)
            where = site.described(options["workers"])
            return Report(where, begun, options["seconds"], seed, verdict, seen, _complaints(Path(logs)))

    async def _run(self, plan: Plan, logs: Path) -> Seen:
        watching: list[asyncio.Task[None]] = []

        def watch(progress: Progress) -> None:
            if self.stdout.isatty():
                watching.append(asyncio.create_task(self._show(progress, plan.seconds)))

        try:
            return await run(plan, logs, watch, self._say)
        finally:
            for task in watching:
                task.cancel()
            self._clear_line()

    async def _show(self, progress: Progress, seconds: float) -> None:
        began = monotonic()
        while True:
            self.stdout.write(f"\r\033[K{monotonic() - began:.0f} of {seconds:.0f} s · {progress}", ending="")
            self.stdout.flush()
            await asyncio.sleep(0.2)

    @contextmanager
    def _scene(self) -> Iterator[scene.Scene]:
        here = scene.build(PEOPLE)
        try:
            yield here
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave it half done
            self._remove(here)

    def _remove(self, here: scene.Scene) -> None:
        deadline = monotonic() + REMOVE_SECONDS
        while True:
            try:
                scene.remove(here)
                return
            except DatabaseError as error:
                connection.close()
                if monotonic() > deadline:
                    raise CommandError(f"{error} {LEFT_BEHIND}") from error
                sleep(1)

    def _say(self, text: str) -> None:
        self._clear_line()
        self.stdout.write(text)
        self.stdout.flush()

    def _clear_line(self) -> None:
        if self.stdout.isatty():
            self.stdout.write("\r\033[K", ending="")


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """SIGTERM and a closed terminal end the run as Ctrl-C does: with everything removed.

    Ctrl-C too where a shell has it ignored, as for what runs in the background.
    A SIGHUP that is ignored (nohup) stays so.
    """
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    before = {number: signal.getsignal(number) for number in numbers}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in numbers[1:]:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _complaints(logs: Path) -> list[str]:
    """The first lines that our workers logged as errors."""
    lines = [line for log in sorted(logs.iterdir()) for line in log.read_text(errors="replace").splitlines()]
    return [line for line in lines if " ERROR " in line][:10]
