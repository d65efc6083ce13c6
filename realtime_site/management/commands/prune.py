"""`manage.py prune`: forgets what is old enough. Says what it would forget, and does it with `--yes`.

Composes what the apps forget; what each of them means by old, they say themselves. The log of acts is never pruned.
Suspensions that are over by their time are ended with it: their people count as active again before they come back.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chat.services import anomalies, removals, retention
from notifications.services import pruning
from realtime_site.accounts import suspensions

# Between two batches: SQLite has one writer, and whoever posts meanwhile must get their turn.
BREATH_SECONDS = 0.05


class Command(BaseCommand):
    help = (
        "Say what is old enough to be forgotten: messages of rooms that keep them for so many days, void invitations, "
        "what moderators deleted, anomalies, read notifications; and suspensions that are over, to be ended. With "
        "--yes it is done, for good."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do it; without, nothing is changed")
        parser.add_argument("--json", action="store_true", help="one JSON object at the end, for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        self._says = not options["json"]
        self._shows = self._says and self.stdout.isatty()
        does = options["yes"]
        found: dict[str, Any] = {"done": does, "rooms": [self._room(due, does) for due in retention.due()]}
        found["messages"] = sum(room["messages"] for room in found["rooms"])
        found["invitations"] = retention.void_invitations().count()
        found["removals"] = removals.old().count()
        found["anomalies"] = anomalies.old().count()
        if does:
            retention.void_invitations().delete()
            removals.forget()
            anomalies.old().delete()
        found["notifications"] = _until_nothing(lambda: pruning.prune(batches=1)) if does else pruning.due()
        found["suspensions"] = suspensions.lift_expired() if does else suspensions.expired()
        self._conclude(found)

    def _room(self, due: retention.Due, does: bool) -> dict[str, Any]:
        count = due.messages
        if does:
            count = self._forget(due)
        self._say(f"{due.name}: {count:,} messages older than {due.keep_days:,} days")
        return {"id": due.room_id, "name": due.name, "keep_days": due.keep_days, "messages": count}

    def _forget(self, due: retention.Due) -> int:
        gone = 0
        for gone in retention.forget(room_id=due.room_id, keep_days=due.keep_days):
            if self._shows:
                self.stdout.write(f"\r\033[K{due.name}: {gone:,} of {due.messages:,}", ending="\r")
                self.stdout.flush()
            time.sleep(BREATH_SECONDS)
        return gone

    def _conclude(self, found: dict[str, Any]) -> None:
        if not self._says:
            self.stdout.write(json.dumps(found))
            return
        self._say(f"{found['invitations']:,} void invitations, {found['removals']:,} texts of deleted messages")
        self._say(f"{found['anomalies']:,} anomalies of the delivery proof")
        self._say(f"{found['notifications']:,} rows of old notifications and deliveries")
        self._say(f"{found['suspensions']:,} suspensions that are over")
        if found["done"]:
            self.stdout.write(self.style.SUCCESS(f"{found['messages']:,} messages are forgotten."))
        else:
            self._say(f"{found['messages']:,} messages would be forgotten. Nothing was changed: --yes does it.")

    def _say(self, line: str) -> None:
        if self._says:
            self.stdout.write(line)


def _until_nothing(work: Callable[[], int]) -> int:
    done = 0
    while count := work():
        done += count
        time.sleep(BREATH_SECONDS)
    return done
