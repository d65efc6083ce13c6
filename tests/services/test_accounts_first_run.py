import logging
import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from chat.models import Membership, Room
from realtime_site.accounts import arrival, first_run
from realtime_site.accounts.models import User
from tests.factories import PASSWORD, make_user


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in ("USERNAME", "PASSWORD", "EMAIL"):
        monkeypatch.delenv(f"DJANGO_SUPERUSER_{name}", raising=False)


def token_of(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]


@pytest.mark.django_db
def test_a_new_site_gives_a_setup_link(settings):
    settings.SITE_URL = "https://chat.example.org"
    url = first_run.ensure()
    assert url is not None
    assert url.startswith("https://chat.example.org/setup/")
    assert first_run.token_state(token_of(url)) == "valid"
    assert first_run.is_pending()


@pytest.mark.django_db
def test_a_site_with_people_gives_none():
    make_user()
    assert first_run.ensure() is None
    assert not first_run.is_pending()


@pytest.mark.django_db
def test_the_environment_makes_the_first_account_and_its_rooms(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "ada")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Ada@Example.org")
    assert first_run.ensure() is None
    ada = User.objects.get()
    assert ada.is_superuser
    assert ada.is_staff
    assert ada.check_password(PASSWORD)
    assert EmailAddress.objects.get(user=ada, primary=True, verified=True).email == "ada@example.org"
    assert set(Membership.objects.filter(user=ada).values_list("room__slug", "role")) == {
        ("general", "owner"),
        ("random", "owner"),
    }


@pytest.mark.django_db
def test_starting_again_with_the_same_environment_changes_nothing(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "ada")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    first_run.ensure()
    User.objects.get().set_password("changed since")
    before = list(User.objects.values())
    assert first_run.ensure() is None
    assert list(User.objects.values()) == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"USERNAME": "ada"}, "both"),
        ({"PASSWORD": PASSWORD}, "both"),
        ({"USERNAME": "ada lovelace", "PASSWORD": PASSWORD}, "letters, digits"),
        ({"USERNAME": "@da", "PASSWORD": PASSWORD}, "letters, digits"),
        ({"USERNAME": "a" * 33, "PASSWORD": PASSWORD}, "32"),
        ({"USERNAME": "ada", "PASSWORD": PASSWORD, "EMAIL": "nowhere"}, "DJANGO_SUPERUSER_EMAIL"),
    ],
)
def test_an_environment_that_names_no_possible_account_is_refused_in_words(monkeypatch, variables, complaint):
    for name, value in variables.items():
        monkeypatch.setenv(f"DJANGO_SUPERUSER_{name}", value)
    with pytest.raises(ImproperlyConfigured, match=complaint):
        first_run.ensure()
    assert first_run.is_pending()


@pytest.mark.django_db
def test_where_addresses_must_be_confirmed_the_first_admin_needs_one(monkeypatch, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "ada")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with pytest.raises(ImproperlyConfigured, match="DJANGO_SUPERUSER_EMAIL"):
        first_run.ensure()


@pytest.mark.django_db
def test_a_weak_password_in_the_environment_is_said_and_taken(monkeypatch, caplog):
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "admin")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "admin")
    with caplog.at_level(logging.WARNING):
        first_run.ensure()
    assert "weak" in caplog.text
    assert User.objects.get().check_password("admin")


@pytest.mark.django_db
def test_without_its_rooms_there_is_no_first_account(monkeypatch):
    def fail(**kwargs):
        raise RuntimeError

    monkeypatch.setattr(arrival, "build_first_rooms", fail)
    with pytest.raises(RuntimeError):
        first_run.create_first_account(username="ada", password=PASSWORD)
    assert first_run.is_pending()


@pytest.mark.django_db
def test_a_setup_link_is_void_after_a_day():
    made = timezone.now()
    token = token_of(first_run.setup_url())
    with time_machine.travel(made + timedelta(hours=23, minutes=59)):
        assert first_run.token_state(token) == "valid"
    with time_machine.travel(made + timedelta(hours=24, minutes=1)):
        assert first_run.token_state(token) == "old"


@pytest.mark.django_db
def test_a_setup_link_is_void_as_soon_as_anybody_is_there():
    token = token_of(first_run.setup_url())
    assert first_run.token_state(token) == "valid"
    make_user()
    assert first_run.token_state(token) == "used"


@pytest.mark.django_db
def test_a_setup_link_cannot_be_made_up():
    token = token_of(first_run.setup_url())
    stamp = token.split(".")[1]
    for wrong in ("", "first", token[:-1], token + "a", token.replace("first", "other"), f"first.{stamp}.", "a.b.c"):
        assert first_run.token_state(wrong) == "wrong", wrong


@pytest.mark.django_db
def test_a_signature_made_for_something_else_is_no_setup_link():
    from django.core import signing

    assert first_run.token_state(signing.TimestampSigner(sep=".").sign("first")) == "wrong"


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_set_up_at_once_one_becomes_admin():
    if getattr(connection, "is_in_memory_db", bool)():
        pytest.skip("SQLite in memory has no locks between threads; the test below uses files")
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def set_up(name: str) -> None:
        try:
            start.wait(10)
            first_run.create_first_account(username=name, password=PASSWORD)
            outcomes.append("made")
        except first_run.AlreadySetUpError:
            outcomes.append("late")
        finally:
            connection.close()

    threads = [threading.Thread(target=set_up, args=(name,)) for name in ("ada", "eve")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["late", "made"]
    assert User.objects.count() == 1
    assert Room.objects.count() == 2


SET_UP = """
import sys, django
django.setup()
from realtime_site.accounts import first_run
print("ready", flush=True)
sys.stdin.readline()
try:
    first_run.create_first_account(username=sys.argv[1], password="correct horse battery")
    print("made")
except first_run.AlreadySetUpError:
    print("late")
"""


def test_of_many_workers_that_set_up_at_once_on_sqlite_one_makes_the_admin(tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "realtime_site.settings",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "SECRET_KEY": "only for this test",
    }
    migrate = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(migrate, env=environment, cwd=settings.BASE_DIR, check=True)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [
        subprocess.Popen([sys.executable, "-c", SET_UP, name], env=environment, cwd=settings.BASE_DIR, **pipes)
        for name in ("ada", "bea", "cleo")
    ]
    assert [worker.stdout.readline() for worker in workers] == ["ready\n"] * 3
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    outcomes = [worker.communicate(timeout=60)[0].strip() for worker in workers]
    assert sorted(outcomes) == ["late", "late", "made"]


@pytest.mark.django_db
def test_the_command_prints_a_working_link(capsys):
    call_command("setup_link")
    assert first_run.token_state(token_of(capsys.readouterr().out.strip())) == "valid"


@pytest.mark.django_db
def test_the_command_says_so_when_there_is_nothing_to_set_up():
    make_user()
    with pytest.raises(CommandError, match="accounts already"):
        call_command("setup_link")
