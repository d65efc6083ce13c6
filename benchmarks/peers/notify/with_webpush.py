"""django-webpush as its README has it: `send_user_notification` for each person, each with one device."""

import os
import sys
from time import perf_counter

import dj_database_url
import django
from django.conf import settings
from keys import subscription_keys, vapid_key
from measured import PEOPLE, tell

settings.configure(
    SECRET_KEY="benchmark",  # noqa: S106
    DATABASES={"default": dj_database_url.parse(os.environ["DATABASE_URL"])},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "webpush"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    WEBPUSH_SETTINGS={"VAPID_PRIVATE_KEY": vapid_key(), "VAPID_ADMIN_EMAIL": "admin@example.org"},
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from webpush import send_user_notification  # noqa: E402
from webpush.models import PushInformation, SubscriptionInfo  # noqa: E402


def main() -> None:
    call_command("migrate", verbosity=0)
    people = User.objects.bulk_create([User(username=f"user{number}") for number in range(PEOPLE)])
    keys = subscription_keys()
    subscriptions = SubscriptionInfo.objects.bulk_create(
        [SubscriptionInfo(browser="Chrome", endpoint=f"{sys.argv[1]}/{one.pk}", **keys) for one in people]
    )
    PushInformation.objects.bulk_create(
        [PushInformation(user=one, subscription=its) for one, its in zip(people, subscriptions, strict=True)]
    )
    began = perf_counter()
    for one in people:
        send_user_notification(user=one, payload={"head": "Hello", "body": "Hello"}, ttl=1000)
    seconds = perf_counter() - began
    tell({"held_seconds": seconds, "sent_seconds": seconds})


if __name__ == "__main__":
    main()
