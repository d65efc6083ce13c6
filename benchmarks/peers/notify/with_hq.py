"""django-notifications-hq as its README has it: `notify.send`, the manager's `unread()`, its live list."""

import os

import dj_database_url
import django
from django.conf import settings
from measured import INBOX, PAGE, PEOPLE, settle, tell, timed

settings.configure(
    SECRET_KEY="benchmark",  # noqa: S106
    DATABASES={"default": dj_database_url.parse(os.environ["DATABASE_URL"])},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "notifications"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    ROOT_URLCONF="with_hq",
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from django.urls import include, path  # noqa: E402

from notifications.signals import notify  # noqa: E402
from notifications.views import live_all_notification_list, live_unread_notification_count  # noqa: E402

urlpatterns = [path("inbox/", include("notifications.urls", namespace="notifications"))]


def main() -> None:
    call_command("migrate", verbosity=0)
    people = User.objects.bulk_create([User(username=f"user{number}") for number in range(PEOPLE)])
    actor, reader = people[0], people[1]
    everybody = timed(lambda: notify.send(actor, recipient=people, verb="has something to say", description="Hello"))
    one_by_one = timed(lambda: [notify.send(actor, recipient=one, verb="wrote to you") for one in people])
    reader.notifications.all().delete()
    for _ in range(INBOX):
        notify.send(actor, recipient=reader, verb="wrote to you", description="Hello")
    reader.notifications.filter(pk__in=list(reader.notifications.values_list("pk", flat=True)[: INBOX // 2])).update(
        unread=False
    )
    settle()
    request = RequestFactory().get("/", {"max": PAGE})
    request.user = reader

    def read() -> None:
        live_all_notification_list(request)
        live_unread_notification_count(request)

    reading = timed(read, times=20)
    reading_all = timed(lambda: reader.notifications.mark_all_as_read())
    tell({"everybody": everybody, "one_by_one": one_by_one, "reading": reading, "reading_all": reading_all})


if __name__ == "__main__":
    main()
