"""The examples run as they say."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def python(*arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def test_notifications_work_without_chat_in_twenty_lines() -> None:
    done = python("-m", "examples.notify")
    assert (done.returncode, done.stdout, done.stderr) == (0, "The coffee is ready: /kitchen/\n", "")
    source = (ROOT / "examples" / "notify.py").read_text()
    code = [line for line in source.split('"""')[2].splitlines() if line.strip()]
    assert len(code) <= 20


HOST = """
import sys, types
import django
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

urls = types.ModuleType("host_urls")
urls.urlpatterns = []
sys.modules["host_urls"] = urls
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "notifications"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1] + "/host.sqlite3"}},
    EMAIL_BACKEND="django.core.mail.backends.console.EmailBackend",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": ["templates"]}],
    ROOT_URLCONF="host_urls",
    SECRET_KEY="x",
    LIVE_DATABASE_THREADS=1,
)
django.setup()
call_command("check")
call_command("migrate", verbosity=0)
from django.contrib.auth.models import User
from notifications.api import notify
from notifications.models import Delivery
notify(User.objects.create_user("ann", "ann@example.org"), "announcement", title="The coffee is ready", url="/kitchen/")
Delivery.objects.update(due_at=timezone.now())
call_command("deliver", once=True)
print([(row.state, row.outcome) for row in Delivery.objects.all()])
"""


def test_letters_leave_a_host_that_has_set_up_little_and_it_is_told_what_is_missing(tmp_path: Path) -> None:
    done = python("-c", HOST, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "[('sent', 'The mail server took it.')]" in done.stdout
    assert "http://localhost:8000/kitchen/" in done.stdout
    assert "List-Unsubscribe" not in done.stdout
    assert "No more of these" not in done.stdout
    for name in ("notifications.W001", "notifications.W002"):
        assert name in done.stderr
    assert "notifications.W003" not in done.stderr
