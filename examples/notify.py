"""Notifications without chat, in a site of one file: `python -m examples.notify`, from the root of the repository.

To serve `/ws/notifications/` as well, route it to `notifications.consumers.NotificationConsumer.as_asgi()`, run daphne,
and set CHANNEL_LAYERS and what realtime_site/settings.py calls LIVE_, with LIVE_EVENT_SOURCE = "notifications.catchup".
"""

import django
from django.conf import settings
from django.core.management import call_command

settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "notifications"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()
call_command("migrate", verbosity=0)

from django.contrib.auth.models import User  # noqa: E402

from notifications.api import notify  # noqa: E402
from notifications.selectors import page  # noqa: E402

ann = User.objects.create_user("ann")
notify(ann, "announcement", title="The coffee is ready", url="/kitchen/", dedupe_key="coffee of today")
for one in page(user_id=ann.pk).notifications:
    print(f"{one.title}: {one.url}")
