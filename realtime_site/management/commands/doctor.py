"""`manage.py doctor`: is this site, on this machine, as it should be?"""

import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from realtime_site.doctor import report
from realtime_site.doctor.examination import SUBJECTS, examine
from realtime_site.doctor.findings import Level, exit_code
from realtime_site.doctor.options import Options

INTERRUPTED = 130
HELP = """\
Look at settings, servers, the way through the proxy, and the machine. Changes nothing and sends nothing. Of what is
found it says what, why it matters, and the line that mends it, for a shell or for .env. Exit code: 0 fine, 1 warnings,
2 errors.
"""


class Command(BaseCommand):
    help = HELP
    requires_system_checks = ()  # it runs them itself, and says more of them

    def add_arguments(self, parser: CommandParser) -> None:
        usual = Options()
        parser.add_argument(
            "--only", action="append", choices=SUBJECTS, default=[], metavar="SUBJECT", help=f"of {', '.join(SUBJECTS)}"
        )
        parser.add_argument("--json", action="store_true", help="for scripts: findings and verdict")
        parser.add_argument(
            "--sockets", type=_number, default=usual.sockets, help=f"expected at once on the site ({usual.sockets:,})"
        )
        parser.add_argument(
            "--idle",
            type=_number,
            default=0,
            metavar="SECONDS",
            help="leave a socket silent for so long, such as 75",
        )
        parser.add_argument("--token", default="", help="an access token, for --idle; else CONFAB_TOKEN")
        parser.add_argument("--via", type=_address, metavar="HOST:PORT", help="connect there, not where SITE_URL leads")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = Options(
            sockets=options["sockets"],
            idle_seconds=options["idle"],
            token=options["token"] or os.environ.get("CONFAB_TOKEN", ""),
            via=options["via"],
        )
        try:
            found = examine(asked, options["only"], self._show)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        finally:
            self._show("")
        self.stdout.write(report.as_json(found) if options["json"] else report.as_text(found, self._painted))
        self.stdout.flush()
        if code := exit_code(found):
            sys.exit(code)

    def _show(self, text: str) -> None:
        """On standard error, so that a pipe gets findings alone."""
        if self.stderr.isatty():
            self.stderr.write(f"\r\033[K{text}", style_func=str, ending="")
            self.stderr.flush()

    def _painted(self, level: Level, text: str) -> str:
        paints: dict[Level, Callable[[str], str]] = {
            Level.OK: self.style.SUCCESS,
            Level.NOTE: self.style.HTTP_NOT_MODIFIED,
            Level.WARNING: self.style.WARNING,
            Level.ERROR: self.style.ERROR,
        }
        return paints[level](text)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"a whole number, not {text!r}")
    return int(text)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise ArgumentTypeError(f"HOST:PORT, not {text!r}")
    return host.strip("[]"), int(port)
