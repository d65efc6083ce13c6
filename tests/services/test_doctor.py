"""`manage.py doctor` as a whole, on the servers that the tests run on."""

import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from notifications.models import Delivery
from realtime_site.doctor import deliveries, mail, redis_server
from realtime_site.doctor.examination import SUBJECTS
from realtime_site.doctor.findings import Level
from realtime_site.doctor.options import Options
from tests.factories import make_user
from tests.processes import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_answers(settings: Any) -> None:
    """At SITE_URL; a developer's own site may run at the usual port."""
    settings.SITE_URL = f"http://127.0.0.1:{free_port()}"


def run(**options: Any) -> tuple[dict[str, Any], int]:
    """What it tells a script, and its exit code."""
    out = io.StringIO()
    code = 0
    try:
        call_command("doctor", json=True, stdout=out, **options)
    except SystemExit as end:
        code = int(str(end.code))
    return json.loads(out.getvalue()), code


def test_a_whole_examination() -> None:
    told, code = run()
    found = {name: [one for one in told["findings"] if one["subject"] == name] for name in SUBJECTS}

    assert not [one for one in told["findings"] if "Looking at" in one["what"]], "nothing breaks, nothing hangs"
    assert all(found.values()), "each subject says something"
    assert (told["verdict"], code) == ("error", 2), "no site runs"
    assert found["proxy"][0]["what"].startswith("Nothing answers at http://127.0.0.1")
    assert found["sockets"][0]["level"] == "note"
    assert [one["level"] for name in ("migrations", "layer", "deliveries") for one in found[name]] == ["ok"] * 3
    kept = " ".join(one["what"] for one in found["database"])
    if connection.vendor == "postgresql":
        # Those of tests do without, and say so.
        assert "fsync is off." in kept
        assert "idle_in_transaction_session_timeout is 0." in kept
    else:
        assert "SQLite" in kept or "The database lies on" in kept


def test_redis_is_measured(settings: Any) -> None:
    said = " ".join(one.what for one in redis_server.look(Options()))
    if settings.REDIS_URL:
        assert "No worker listens" in said
        assert "Redis cuts off a worker that is 32 MB behind, or 8 MB for long." in said, "Redis' own limits"
    else:
        assert said == "REDIS_URL is not set: one worker needs none."


def test_a_redis_that_is_away_is_an_error(settings: Any) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    told, code = run(only=["redis", "clock"])
    assert told["findings"][0]["what"] == "Redis cannot be used."
    assert code == 2


def test_only_what_is_asked_for_is_looked_at() -> None:
    told, _ = run(only=["layer", "disk"])
    assert [one["subject"] for one in told["findings"]][:2] == ["layer", "disk"]
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("doctor", "--only", "weather")


def test_people_get_lines() -> None:
    out = io.StringIO()
    call_command("doctor", only=["layer"], stdout=out)
    assert out.getvalue().splitlines()[0].startswith("layer  ok       ")
    assert out.getvalue().endswith("All is well.\n")


def late_row(minutes: int, **fields: Any) -> Delivery:
    now = timezone.now()
    due = now - timedelta(minutes=minutes)
    return Delivery.objects.create(user=make_user(f"u{minutes}"), channel="push", due_at=due, created_at=due, **fields)


def test_what_nobody_delivers_is_found() -> None:
    late_row(4)
    assert [one.level for one in deliveries.look(Options())] == [Level.OK]
    late_row(7)
    [found] = deliveries.look(Options())
    assert (found.level, found.what) == (Level.ERROR, "2 pushes and mails are due, the oldest for 7 minutes.")
    late_row(9, state=Delivery.State.SENT, finished_at=timezone.now())
    assert [one.level for one in deliveries.look(Options())] == [Level.WARNING]


@pytest.fixture
def mail_server() -> Iterator[Callable[[bytes], int]]:
    """`mail_server(b"250 hello")`: one that greets, answers EHLO so, and hangs up. Its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(answer: bytes) -> None:
        peer, _ = listener.accept()
        with peer:
            peer.sendall(b"220 mail.chat.org\r\n")
            while (heard := peer.recv(1000)) and not heard.startswith(b"QUIT"):
                peer.sendall(answer + b"\r\n")
            peer.sendall(b"221 bye\r\n")

    def start(answer: bytes) -> int:
        threading.Thread(target=serve, args=[answer], daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    listener.close()


def test_a_mail_server_is_greeted(settings: Any, mail_server: Callable[[bytes], int]) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = mail.SMTP, "127.0.0.1"
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.DEFAULT_FROM_EMAIL = "Confab <noreply@chat.org>"
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_PORT = mail_server(b"250 hello")
    assert [one.level for one in mail.look(Options())] == [Level.OK]

    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "confab", "word"
    settings.EMAIL_PORT = mail_server(b"250 hello")  # it knows no AUTH
    [found] = mail.look(Options())
    assert found.level == Level.ERROR
    assert "AUTH" in found.why

    settings.EMAIL_PORT = free_port()
    [found] = mail.look(Options())
    assert found.level == Level.ERROR
    assert "refused" in found.why
