"""`manage.py announce "Tonight at ten we update." --url /news/`: to everybody whose account is active."""

import os
import time
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from notifications.api import announce

# Rest for each second of work: nobody waits for the end of an announcement, and whoever posts meanwhile must not feel
# it. Ten thousand people take twenty seconds (benchmarks/RESULTS.md).
REST = 19
# A worker that wants the processor has it first.
NICENESS = 10


class Command(BaseCommand):
    help = "Tells everybody something: in their inbox, and by push and e-mail as each of them wants it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", help="at most 200 characters")
        parser.add_argument("--body", default="", help="more of it, at most 500 characters")
        parser.add_argument("--url", default="", help="a path of this site, or https://…")
        parser.add_argument(
            "--key", help="whoever was told something with this key is not told again: for a second try"
        )

    def run_from_argv(self, argv: list[str]) -> None:
        os.nice(NICENESS)  # not in `handle`: whoever calls that from a program of their own goes on at their pace
        super().run_from_argv(argv)

    def handle(self, *args: Any, text: str, body: str, url: str, key: str | None, **options: Any) -> None:
        people = get_user_model()._default_manager.filter(is_active=True)
        total = people.count()
        since, said = time.monotonic(), 0

        def between(done: int) -> None:
            nonlocal since, said
            if done > said:
                self.stdout.write(f"{done:,} of {total:,}")
                said = done
            if done < total:
                time.sleep(REST * (time.monotonic() - since))
            since = time.monotonic()

        try:
            count = announce(people, title=text, body=body, url=url, dedupe_key=key, between=between)
        except ValueError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(self.style.SUCCESS(f"{count:,} people were told."))
