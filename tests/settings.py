"""Settings for tests: the site's own, on throw-away data, with whatever costs time and proves nothing taken out.

The database and the channel layer are those of DATABASE_URL and REDIS_URL when these are set (`bin/test postgres` sets
them), else a SQLite file and memory.
"""

import os
import tempfile
import uuid
from pathlib import Path
from unittest import mock

from environs import Env

# tests/conftest.py makes and removes it: mypy and editors read this file, too, and would leave directories behind.
_data_dir = Path(tempfile.gettempdir()) / f"confab-tests-{uuid.uuid4().hex}"

os.environ.update(
    SECRET_KEY="for tests only",
    DATA_DIR=str(_data_dir),
    SITE_URL="http://127.0.0.1:8000",
    EMAIL_URL="memory://",
)

# Processes of pytest-xdist share a Redis: each has a cache and a prefix of its own there.
_number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
os.environ["REDIS_PREFIX"] = f"test-{os.getpid()}"
if os.environ.get("REDIS_URL"):
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{_number}"

# A developer's .env is about their site; what tests find must not depend on it.
with mock.patch.object(Env, "read_env"):
    from realtime_site.settings import *  # noqa: F403
    from realtime_site.settings import DATABASES, STORAGES

# MD5: Argon2 spends 50 ms on each password on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# A test is one transaction, and may wait for something else for long.
DATABASES["default"]["OPTIONS"].pop("options", None)
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file: consumers work on the database from several threads, and each would get a memory database of its own.
    DATABASES["default"]["TEST"] = {"NAME": str(_data_dir / "test.sqlite3")}
