"""Ours: `notify()`, and what the inbox page reads."""

import os
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "realtime_site.settings"
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402

from benchmarks.peers.notify.measured import INBOX, PAGE, PEOPLE, settle, tell, timed  # noqa: E402
from notifications import selectors  # noqa: E402
from notifications.api import notify, story_of  # noqa: E402
from notifications.services import reading  # noqa: E402
from notifications.services.writing import write  # noqa: E402
from notifications.stories import Telling  # noqa: E402


def main() -> None:
    call_command("migrate", verbosity=0)
    model = get_user_model()
    people = model.objects.bulk_create([model(username=f"user{number}") for number in range(PEOPLE)])
    actor, reader, other = people[:3]
    everybody = timed(lambda: notify(people, "announcement", actor=actor, title="Hello", body="Hello"))
    one_by_one = timed(lambda: [notify(one, "moderation", actor=actor, title="Hello") for one in people])
    for person in (reader, other):
        _fill(person, actor)
    reading.read_up_to(user_id=reader.pk, seq=selectors.page(user_id=reader.pk).seq // 2)
    settle()
    reading_one = timed(lambda: selectors.page(user_id=reader.pk, limit=PAGE), times=20)
    reading_all = timed(lambda: reading.read_up_to(user_id=reader.pk, seq=10**9))
    tell({"everybody": everybody, "one_by_one": one_by_one, "reading": reading_one, "reading_all": reading_all})


def _fill(person: Any, actor: Any) -> None:
    stories = (story_of("moderation", actor=actor, title=f"Hello {number}", body="Hello") for number in range(INBOX))
    write([Telling(story, [person.pk]) for story in stories])


if __name__ == "__main__":
    main()
