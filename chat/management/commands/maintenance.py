"""`manage.py maintenance on "We move house"`, `off`: nobody posts, and everybody reads on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat.services import maintenance
from realtime_site.audit.log import COMMAND
from realtime_site.live.errors import ClientError


class Command(BaseCommand):
    help = "Switch maintenance mode: nobody can post, everybody is told why, reading goes on. Without words: is it on?"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("switch", nargs="?", choices=["on", "off"])
        parser.add_argument("reason", nargs="?", help="what people read, with `on`")

    def handle(self, *args: Any, switch: str | None, reason: str | None, **options: Any) -> None:
        if switch == "on" and not reason:
            raise CommandError('Say why: manage.py maintenance on "Back at ten"')
        if switch:
            try:
                entry = maintenance.switch(by=COMMAND, reason=reason if switch == "on" else None)
            except ClientError as error:
                raise CommandError(error.detail) from None
            self.stdout.write(entry.summary)
            return
        why = maintenance.current()
        self.stdout.write(f"On: {why}" if why else "Off.")
