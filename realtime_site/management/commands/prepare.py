"""`manage.py prepare`: everything a site needs before its workers start. `bin/serve` runs it at each start.

Safe to run again and by several machines at once; nearly free when nothing has changed.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from realtime_site import checks, staticfiles
from realtime_site.accounts import first_run

# Any number; the same on every machine. PostgreSQL's advisory locks share one space per database.
LOCK = 1_129_270_850


class Command(BaseCommand):
    help = "Migrate the database, collect static files that have changed, say where the first account is made."
    requires_system_checks = (checks.TAG,)

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--demo", action="store_true", help="Fill an empty site; see the command demo.")

    def handle(self, *args: Any, **options: Any) -> None:
        settings.DATA_DIR.mkdir(0o700, parents=True, exist_ok=True)
        try:
            with _alone():
                self._migrate()
                self._collect()
                self._begin(demo=options["demo"])
        except OperationalError as error:
            raise CommandError(f"The database cannot be used; look at DATABASE_URL. {error}") from error

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        # Asked first: migrate itself would look after permissions and content types each time, some 60 queries.
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self._say("Preparing the database …")
            call_command("migrate", verbosity=0, interactive=False)

    def _collect(self) -> None:
        stamp = settings.DATA_DIR / "static.stamp"
        wanted = static_files_now()
        if (
            not stamp.exists()
            or stamp.read_text() != wanted
            or not (settings.STATIC_ROOT / "staticfiles.json").exists()
        ):
            self._say("Collecting and compressing the static files …")
            # Without --clear: workers of the release before still hand out the old names.
            call_command("collectstatic", verbosity=0, interactive=False)
            stamp.write_text(wanted)

    def _begin(self, *, demo: bool) -> None:
        if demo and first_run.is_pending():
            if os.environ.get("DJANGO_SUPERUSER_USERNAME"):
                self._say("The demo has people of its own; DJANGO_SUPERUSER_USERNAME is not used.\n")
            call_command("demo", stdout=self.stdout)
            self.stdout.flush()  # what follows is an exec, which drops what is still buffered
        try:
            link = first_run.ensure()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if link:
            self._say(f"\nNobody has an account yet. Make the first, the admin's, here, within a day:\n\n    {link}\n")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


@contextmanager
def _alone() -> Iterator[None]:
    """Two machines that start at once would migrate side by side. SQLite is one machine's, which has one port."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def static_files_now() -> str:
    """Changes when any static file does, or the storage that names them. By size and time: reading takes longer."""
    found = [Path(staticfiles.__file__)]
    for finder in get_finders():
        found += [Path(storage.path(path)) for path, storage in finder.list(["CVS", ".*", "*~"])]
    digest = hashlib.sha256()
    for path in sorted(found):
        stat = path.stat()
        digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
