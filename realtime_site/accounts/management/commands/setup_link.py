"""`manage.py setup_link`: a fresh link to the setup page, while the site has no account."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from realtime_site.accounts import first_run


class Command(BaseCommand):
    help = "Print the address where the site's first account is made. It works for a day, and only until then."

    def handle(self, *args: Any, **options: Any) -> None:
        if not first_run.is_pending():
            raise CommandError("This site has accounts already. `manage.py createsuperuser` makes another admin.")
        self.stdout.write(first_run.setup_url())
