"""`manage.py prepare`: what each start does, and what it leaves alone."""

import io
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError

from realtime_site.accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def place(settings: Any, tmp_path: Path) -> Path:
    """A data directory of its own, and one static file instead of hundreds."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "one.css").write_text("body { color: red }")
    settings.DATA_DIR = tmp_path / "data"
    settings.STATIC_ROOT = settings.DATA_DIR / "static"
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "realtime_site.staticfiles.HashedStaticFilesStorage"}
    }
    return source


@pytest.fixture(autouse=True)
def nobody_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DJANGO_SUPERUSER_")]:
        monkeypatch.delenv(name)


def prepare(**options: Any) -> str:
    out = io.StringIO()
    call_command("prepare", stdout=out, **options)
    return out.getvalue()


def test_a_new_site_says_where_its_first_account_is_made(settings: Any) -> None:
    assert f"{settings.SITE_URL}/setup/" in prepare()


def test_a_site_with_accounts_is_prepared_in_silence() -> None:
    make_user()
    prepare()
    assert prepare() == ""


def test_static_files_are_collected_when_one_has_changed(settings: Any, place: Path) -> None:
    assert "static files" in prepare()
    assert "static files" not in prepare()
    (place / "one.css").write_text("body { color: green }")
    assert "static files" in prepare()
    assert len(list(settings.STATIC_ROOT.glob("one.*.css"))) == 2, "the old one is still handed out"


def test_static_files_that_are_gone_are_collected_again(settings: Any) -> None:
    prepare()
    (settings.STATIC_ROOT / "staticfiles.json").unlink()
    assert "static files" in prepare()


def test_the_demo_fills_an_empty_site_and_leaves_another_alone() -> None:
    assert "alice" in prepare(demo=True)
    assert User.objects.count() == 3
    assert prepare(demo=True) == ""


def test_the_environment_can_name_the_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "dora")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    assert "/setup/" not in prepare()
    dora = User.objects.get(username="dora")
    assert dora.is_superuser
    assert set(dora.memberships.values_list("room__slug", flat=True)) == {"general", "random"}


def test_half_an_admin_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "dora")
    with pytest.raises(CommandError, match="DJANGO_SUPERUSER_PASSWORD"):
        prepare()


def test_the_checks_come_first(settings: Any) -> None:
    settings.WORKERS, settings.REDIS_URL = 2, ""
    with pytest.raises(SystemCheckError, match="REDIS_URL"):
        prepare(skip_checks=False)
    assert not settings.DATA_DIR.exists()
