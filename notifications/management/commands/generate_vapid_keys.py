"""`manage.py generate_vapid_keys`: the site's key for Web Push, as lines for .env."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications.delivery import vapid


class Command(BaseCommand):
    help = (
        "Print a new key for Web Push, to be put into .env or the environment. Browsers subscribe to one key: with "
        "another one all devices must be turned on again. bin/serve makes a key by itself."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        private = vapid.make_private_key()
        self.stdout.write(f"# The public key, for whoever asks: {vapid.public_key(private)}")
        self.stdout.write(f"VAPID_PRIVATE_KEY={private}")
        self.stdout.write(f"VAPID_CONTACT={vapid.contact()}")
