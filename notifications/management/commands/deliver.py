"""`manage.py deliver`: sends what is in the outbox, until it is told to stop."""

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications.delivery.deliverer import LEASE_SECONDS, Deliverer
from notifications.delivery.push import SENDING_SECONDS, Pusher
from notifications.services.devices import test_origins
from realtime_site.live.errors import ClientError

HELP = """\
Send the pushes and e-mails that are due. bin/serve starts one; as many as you like may run at once, on any machine that
reaches the database. SIGTERM and Ctrl-C end it when what is in flight has landed, a second one at once.
"""
SHOWN_SECONDS = 0.5


class Command(BaseCommand):
    help = HELP

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="send what is due now and end, for cron")
        parser.add_argument(
            "--lease",
            type=float,
            default=LEASE_SECONDS,
            metavar="SECONDS",
            help=f"after this what a deliverer that died had taken is due again ({LEASE_SECONDS:g}; more than 10)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        lease_seconds = max(options["lease"], SENDING_SECONDS + 1)
        self._says = options["verbosity"] > 0
        self._shows = self._says and self.stdout.isatty()
        try:
            asyncio.run(self._deliver(lease_seconds, once=options["once"]))
        except ClientError as error:
            raise CommandError(error.detail) from error

    async def _deliver(self, lease_seconds: float, *, once: bool) -> None:
        async with Pusher(test_origins()) as pusher:
            deliverer = Deliverer(pusher, lease_seconds=lease_seconds)
            self._stop_on_signals(deliverer)
            showing = asyncio.create_task(self._show(deliverer))
            if self._says and not once:
                self.stdout.write("Delivering what is due.")
                self.stdout.flush()
            try:
                await (deliverer.drain() if once else deliverer.run())
            finally:
                showing.cancel()
                if self._shows:
                    self.stdout.write(f"\r\033[K{deliverer.tally}.")

    def _stop_on_signals(self, deliverer: Deliverer) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, deliverer)

    def _stop(self, deliverer: Deliverer) -> None:
        deliverer.stop()
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(one)  # asked twice: at once
            signal.signal(one, signal.SIG_DFL)

    async def _show(self, deliverer: Deliverer) -> None:
        while self._shows:
            self.stdout.write(f"\r\033[K{deliverer.tally}; {deliverer.lanes.in_flight} in flight", ending="")
            self.stdout.flush()
            await asyncio.sleep(SHOWN_SECONDS)
