"""What `manage.py doctor` makes of what it has measured, and how it says it."""

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage, Error, Info, Warning  # noqa: A004  Django's name
from django.core.signing import TimestampSigner
from django.test import RequestFactory

from realtime_site.doctor import (
    clock,
    database,
    deliveries,
    deploy,
    disk,
    layer,
    limits,
    mail,
    proxy,
    push,
    question,
    redis_server,
    report,
    settings,
    sockets,
    sqlite,
    static,
)
from realtime_site.doctor.examination import PROBES, Probe, examine
from realtime_site.doctor.findings import Finding, Level, NotTriedError, Subject, exit_code, verdict
from realtime_site.doctor.options import Options
from realtime_site.doctor.way import CLAIMED_ADDRESS, Answer

OK, NOTE, WARNING, ERROR = Level
URL = "https://chat.example.org"


def levels(found: Finding | Iterable[Finding]) -> list[Level]:
    """Of all; each that is bad says why it matters and what mends it."""
    every = [found] if isinstance(found, Finding) else list(found)
    assert every
    for one in every:
        assert one.what.endswith("."), one
        assert one.level is OK or one.why, one
        assert one.level in {OK, NOTE} or one.mend, one
        assert "\n" not in one.mend, one
    return [one.level for one in every]


# --- Settings --------------------------------------------------------------------------------------------------------

GOOD = settings.Configured(
    site_url=URL,
    debug=False,
    secret_key="Pz0x4Q1mJ9vWcR7tYb2NfKd8LhGs5uEaXi6oTq3wMnV",
    allowed_hosts=["chat.example.org", "localhost"],
    csrf_origins=[URL],
    trusted_proxies=1,
    key_files=((Path("/var/lib/confab/secret_key"), 0o100600),),
)
LAPTOP = {
    "site_url": "http://127.0.0.1:8000",
    "csrf_origins": ["http://127.0.0.1:8000"],
    "allowed_hosts": ["127.0.0.1"],
}


def test_good_settings_have_no_finding() -> None:
    assert settings.judge(GOOD) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"debug": True}, [ERROR]),
        ({"secret_key": "short"}, [ERROR]),
        ({"secret_key": "a" * 60}, [ERROR]),
        ({"secret_key": "django-insecure-Pz0x4Q1mJ9vWcR7tYb2NfKd8LhGs5uEaXi6oTq"}, [ERROR]),
        ({"key_files": ((Path("/x"), 0o100640),)}, [ERROR]),
        ({"allowed_hosts": ["other.example.org"]}, [ERROR]),
        ({"allowed_hosts": [".example.org"]}, []),
        ({"allowed_hosts": ["*"]}, [WARNING]),
        ({"csrf_origins": []}, [WARNING]),
        ({"csrf_origins": [URL, "https://*.example.org"]}, [WARNING]),
        ({"csrf_origins": [URL, "http://chat.example.org"]}, [WARNING]),
        ({"csrf_origins": [URL, "https://app.example.org"]}, []),
        ({"trusted_proxies": 0}, [WARNING]),
        ({"site_url": f"{URL}/chat"}, [ERROR]),
        (LAPTOP | {"trusted_proxies": 0}, [NOTE]),
        (LAPTOP | {"trusted_proxies": 1}, [NOTE, NOTE]),
        (LAPTOP | {"trusted_proxies": 0, "debug": True, "secret_key": "short"}, [WARNING, WARNING, NOTE]),
    ],
)
def test_settings_are_judged(changed: dict[str, Any], expected: list[Level]) -> None:
    found = settings.judge(replace(GOOD, **changed))
    assert [*levels(found)] == expected if found else expected == []


def test_the_line_that_mends_origins_keeps_the_good_ones() -> None:
    [found] = settings.judge(replace(GOOD, csrf_origins=["http://old.example.org", URL, "https://app.example.org"]))
    assert found.mend == f"CSRF_TRUSTED_ORIGINS={URL},https://app.example.org"


def check(kind: type[CheckMessage], number: str) -> CheckMessage:
    return kind("Something is off. It matters.", hint=None, id=number)


def test_djangos_checks_are_said_in_our_form() -> None:
    assert levels(deploy.judge([], site_url=URL)) == [OK]
    messages = [check(Error, "models.E001"), check(Warning, "security.W004"), check(Info, "fields.I001")]
    assert levels(deploy.judge(messages, site_url=URL)) == [ERROR, WARNING, NOTE]


def test_what_others_look_at_or_nobody_can_set_is_not_said_twice() -> None:
    messages = [check(Warning, number) for number in ("security.W018", "security.W005", "confab.E001")]
    assert levels(deploy.judge(messages, site_url=URL)) == [OK]


@pytest.mark.parametrize(
    ("url", "level"), [("http://[::1]:8000", NOTE), ("http://localhost", NOTE), ("http://chat.example.org", WARNING)]
)
def test_the_want_of_https_is_one_finding(url: str, level: Level) -> None:
    messages = [check(Warning, number) for number in deploy.OF_HTTPS]
    assert levels(deploy.judge(messages, site_url=url)) == [level]


# --- Servers ---------------------------------------------------------------------------------------------------------

SHOWN = {
    "server_version_num": "150018",
    "server_version": "15.18 (Debian 15.18-0+deb12u1)",
    "server_encoding": "UTF8",
    "default_transaction_isolation": "read committed",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_connections": "100",
    "superuser_reserved_connections": "3",
    "idle_in_transaction_session_timeout": "10s",
    "transaction_read_only": "off",
}


@pytest.mark.parametrize(
    ("shown", "more", "expected"),
    [
        ({}, {}, [OK]),
        ({"server_version_num": "130004"}, {}, [ERROR]),
        ({"server_encoding": "SQL_ASCII"}, {}, [ERROR]),
        ({"default_transaction_isolation": "serializable"}, {}, [ERROR]),
        ({"fsync": "off", "full_page_writes": "off"}, {}, [ERROR, ERROR]),
        ({"synchronous_commit": "off"}, {}, [ERROR]),
        ({"synchronous_commit": "remote_apply"}, {}, [OK]),
        ({"idle_in_transaction_session_timeout": "0"}, {}, [WARNING]),
        ({"transaction_read_only": "on"}, {}, [ERROR]),
        ({}, {"workers": 3}, [OK]),  # as docs/operations.md says
        ({}, {"workers": 4}, [WARNING]),
        ({"max_connections": "200"}, {"workers": 4}, [OK]),
        ({}, {"latency_ms": 12.0}, [WARNING]),
    ],
)
def test_postgresql_is_judged(shown: dict[str, str], more: dict[str, Any], expected: list[Level]) -> None:
    here = database.Postgres(SHOWN | shown, **({"latency_ms": 0.2, "workers": 1, "pool": 16} | more))
    assert levels(database.judge(here)) == expected


def test_each_thing_that_is_judged_of_postgresql_is_asked_for() -> None:
    assert set(database.ASKED) == set(SHOWN)


def test_migrations_are_judged() -> None:
    assert levels(database.judge_migrations([], [])) == [OK]
    assert levels(database.judge_migrations(["chat.0003"], ["chat.0009"])) == [ERROR, WARNING]
    [found] = database.judge_migrations([f"chat.{number}" for number in range(5)], [])
    assert "5 migrations" in found.what
    assert "chat.4" not in found.what


LITE = sqlite.Sqlite("3.40.1", "wal", 2, "ext4", 1024**2, 0.02, 1)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, [OK]),
        ({"journal_mode": "delete"}, [ERROR]),
        ({"synchronous": 1}, [ERROR]),
        ({"file_system": "nfs4"}, [ERROR]),
        ({"file_system": "fuse.sshfs"}, [ERROR]),
        ({"file_system": "tmpfs"}, [WARNING]),
        ({"file_system": "overlay"}, [WARNING]),
        ({"file_system": ""}, [OK]),
        ({"workers": 2}, [NOTE]),
        ({"size_bytes": 20 * 1024**3}, [NOTE]),
    ],
)
def test_sqlite_is_judged(changed: dict[str, Any], expected: list[Level]) -> None:
    assert levels(sqlite.judge(replace(LITE, **changed))) == expected


def test_a_file_lies_on_the_innermost_mount() -> None:
    mounts = (
        "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "30 21 0:4 / /var rw - xfs /dev/sdb rw\n"
        r"31 30 0:5 / /var/lib/my\040data rw shared:9 master:2 - nfs4 server:/x rw" + "\n"
        "32 21 0:6 / /var rw - btrfs /dev/sdc rw\n"
    )
    assert sqlite.file_system_of(Path("/home/db.sqlite3"), mounts) == "ext4"
    assert sqlite.file_system_of(Path("/var/lib/db.sqlite3"), mounts) == "btrfs"
    assert sqlite.file_system_of(Path("/var/lib/my data/db.sqlite3"), mounts) == "nfs4"
    assert sqlite.file_system_of(Path("/various/db.sqlite3"), mounts) == "ext4"


INFO = {"redis_version": "7.0.15", "role": "master", "maxmemory": 0, "maxmemory_policy": "noeviction", "aof_enabled": 0}
LARGE = (256 * 1024**2, 128 * 1024**2)


@pytest.mark.parametrize(
    ("info", "more", "expected"),
    [
        ({}, {}, [OK]),
        ({"redis_version": "6.0.16"}, {}, [WARNING]),
        ({"role": "slave"}, {}, [ERROR]),
        ({"maxmemory": 10**8}, {}, [WARNING]),
        ({"maxmemory": 10**8, "maxmemory_policy": "allkeys-lru"}, {}, [NOTE]),
        ({"maxmemory": 10**8, "maxmemory_policy": "volatile-ttl"}, {}, [OK]),
        ({"rdb_last_bgsave_status": "err"}, {}, [WARNING]),
        ({"aof_enabled": 1}, {}, [NOTE]),
        ({}, {"buffers": (33554432, 8388608)}, [WARNING]),
        ({}, {"buffers": (0, 0)}, [OK]),
        ({}, {"buffers": None}, [NOTE]),
        ({}, {"round_trip_ms": 30.0}, [WARNING]),
        ({}, {"url": "redis://10.0.0.5:6379/0"}, [WARNING]),
        ({}, {"url": "redis://:word@10.0.0.5:6379/0"}, [OK]),
        ({}, {"url": "unix:///run/redis.sock"}, [OK]),
        ({}, {"workers": 3, "listeners": 2}, [OK, WARNING]),
        ({}, {"workers": 3, "listeners": 4}, [OK]),
        ({}, {"listeners": 0}, [OK, NOTE]),
    ],
)
def test_redis_is_judged(info: dict[str, Any], more: dict[str, Any], expected: list[Level]) -> None:
    usual: dict[str, Any] = {"ping_ms": 0.1, "round_trip_ms": 0.2, "buffers": LARGE, "listeners": 1, "workers": 1}
    assert levels(redis_server.judge(redis_server.Server(INFO | info, **(usual | more)))) == expected


def test_redis_limits_are_read_from_its_line() -> None:
    assert redis_server.buffers_in("normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60") == (
        33554432,
        8388608,
    )
    assert redis_server.buffers_in("normal 0 0 0") is None


HOST = {"address": "redis://127.0.0.1", "socket_timeout": None, "health_check_interval": 15}
BIG = {"capacity": 1_000_000, "group_expiry": 10 * 365 * 86_400}


@pytest.mark.parametrize(
    ("backend", "config", "workers", "expected"),
    [
        (layer.PUBSUB, {"hosts": [HOST]}, 3, [OK]),
        (layer.PUBSUB, {"hosts": ["redis://127.0.0.1"]}, 1, [ERROR, WARNING]),
        (layer.PUBSUB, {"hosts": [HOST | {"socket_timeout": 5}]}, 1, [ERROR]),
        (layer.PUBSUB, {"hosts": [HOST | {"health_check_interval": 0}]}, 1, [WARNING]),
        (layer.PUBSUB, {}, 1, [ERROR, WARNING]),
        (layer.MEMORY, BIG, 1, [OK]),
        (layer.MEMORY, BIG, 2, [ERROR]),
        (layer.MEMORY, {}, 1, [ERROR, ERROR]),
        ("channels_redis.core.RedisChannelLayer", {}, 1, [ERROR]),
        ("", {}, 1, [ERROR]),
    ],
)
def test_the_layer_is_judged(backend: str, config: dict[str, Any], workers: int, expected: list[Level]) -> None:
    assert levels(layer.judge({"BACKEND": backend, "CONFIG": config}, workers=workers)) == expected


def test_the_layer_as_it_is_shipped_is_well(settings: Any) -> None:
    assert levels(layer.judge(settings.CHANNEL_LAYERS["default"], workers=1)) == [OK]


# --- The way in ------------------------------------------------------------------------------------------------------

SEEN = {
    "scheme": "https",
    "host": "chat.example.org",
    "peer": "127.0.0.1",
    "forwarded": ["203.0.113.7"],
    "proto": "https",
}


@pytest.mark.parametrize(
    ("seen", "trusted", "expected"),
    [
        ({}, 1, [OK]),
        ({"forwarded": [CLAIMED_ADDRESS, "203.0.113.7"]}, 1, [OK]),  # appended: the last entry is the proxy's own
        ({"forwarded": [CLAIMED_ADDRESS, "203.0.113.7", "10.0.0.1"]}, 2, [OK]),
        ({"forwarded": [CLAIMED_ADDRESS, "203.0.113.7", "10.0.0.1"]}, 1, [ERROR]),
        ({"forwarded": [CLAIMED_ADDRESS]}, 1, [ERROR]),
        ({"forwarded": [CLAIMED_ADDRESS]}, 0, [OK]),  # nobody between, and nobody is believed
        ({"forwarded": []}, 1, [ERROR]),
        ({}, 0, [ERROR]),
        ({}, 2, [ERROR]),
        ({"scheme": "http", "proto": ""}, 1, [ERROR]),
        ({"scheme": "http", "proto": "http"}, 1, [ERROR]),
        ({"host": "127.0.0.1:8001"}, 1, [ERROR]),
    ],
)
def test_a_proxy_is_judged_by_what_a_worker_sees(seen: dict[str, Any], trusted: int, expected: list[Level]) -> None:
    assert levels(proxy.judge(Answer(200, SEEN | seen, 60), site_url=URL, trusted=trusted)) == expected


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        (Answer(200, None, 60), ERROR),
        (Answer(400), ERROR),
        (Answer(404), ERROR),
        (Answer(502), ERROR),
        (Answer(200, SEEN, 3.0), WARNING),
        (Answer(200, SEEN, None), OK),
    ],
)
def test_answers_are_judged(answer: Answer, level: Level) -> None:
    assert levels(proxy.judge(answer, site_url=URL, trusted=1)) == [level]


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        (sockets.Opening(code=4401), []),
        (sockets.Opening(code=4401, extensions="permessage-deflate"), [WARNING]),
        (sockets.Opening(code=4406), [ERROR]),
        (sockets.Opening(code=4503), [ERROR]),
        (sockets.Opening(code=None), [ERROR]),
        (sockets.Opening(status=200), [ERROR]),
        (sockets.Opening(status=403), [ERROR]),
        (sockets.Opening(status=502), [ERROR]),
        (sockets.Opening(status=0, lost="cut off"), [ERROR]),
    ],
)
def test_the_opening_of_a_socket_is_judged(opening: sockets.Opening, expected: list[Level]) -> None:
    found = sockets.judge_ours(opening)
    assert levels(found) == expected if found else expected == []


def test_a_stranger_who_is_let_in_is_an_error() -> None:
    assert levels(sockets.judge_strangers(sockets.Opening(code=4401))) == [ERROR]
    assert sockets.judge_strangers(sockets.Opening(status=403)) == []


def test_silence_is_judged() -> None:
    assert levels(sockets.judge_silence(sockets.Silence(75, 75, pong_ms=3))) == [OK]
    assert levels(sockets.judge_silence(sockets.Silence(75, 75, pong_ms=4000))) == [WARNING]
    assert levels(sockets.judge_silence(sockets.Silence(76, 75))) == [WARNING]
    assert levels(sockets.judge_silence(sockets.Silence(60, 75, code=None))) == [ERROR]


def test_only_who_can_sign_is_told_how_a_request_looks(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told = client.get("/healthz", {"seen": question.asked()}, headers={"X-Forwarded-For": "192.0.2.1, 192.0.2.2"})
    assert told.json()["seen"]["forwarded"] == ["192.0.2.1", "192.0.2.2"]
    assert told.headers["Cache-Control"] == "no-store"
    for forged in ("", "yes", TimestampSigner(key="another", salt="realtime_site.doctor").sign("how does this look?")):
        assert client.get("/healthz", {"seen": forged}).json() == {"status": "alive"}


def test_the_question_is_good_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    request = RequestFactory().get("/healthz", {"seen": question.asked()})
    assert question.is_asked(request)
    later = time.time() + question.SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert not question.is_asked(request)


# --- What goes out ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("mailto:admin@chat.org", True),
        ("https://chat.org/contact", True),
        ("https://chat.org:8443/contact", True),
        ("mailto:noreply@127.0.0.1", False),
        ("mailto:noreply@[::1]", False),
        ("mailto:noreply@localhost", False),
        ("mailto:admin@chat.example.org", False),
        ("admin@chat.org", False),
        ("mailto:", False),
        ("http://chat.org", False),
    ],
)
def test_a_contact_is_somebody(contact: str, expected: bool) -> None:
    assert push.is_contact(contact) == expected


def test_the_key_for_pushes_is_judged() -> None:
    assert levels(push.judge(key="", is_key=False, contact="")) == [NOTE]
    assert levels(push.judge(key="x", is_key=False, contact="")) == [ERROR]
    assert levels(push.judge(key="x", is_key=True, contact="mailto:root@localhost")) == [WARNING]
    assert levels(push.judge(key="x", is_key=True, contact="mailto:admin@chat.org")) == [OK]


POST = mail.Mail(mail.SMTP, "mail.chat.org", 587, "confab", True, "noreply@chat.org", True)


@pytest.mark.parametrize(
    ("changed", "level"),
    [
        ({}, OK),
        ({"problem": "535 no such user"}, ERROR),
        ({"encrypted": False}, WARNING),
        ({"encrypted": False, "host": "127.0.0.1"}, OK),
        ({"sender": "noreply@[127.0.0.1]"}, WARNING),
        ({"backend": "django.core.mail.backends.console.EmailBackend"}, WARNING),
        ({"backend": "django.core.mail.backends.console.EmailBackend", "is_public": False}, NOTE),
    ],
)
def test_mail_is_judged(changed: dict[str, Any], level: Level) -> None:
    assert levels(mail.judge(replace(POST, **changed))) == [level]


@pytest.mark.parametrize(
    ("due", "minutes", "works", "level"),
    [(0, 0, False, OK), (3, 4, False, OK), (3, 6, False, ERROR), (3, 6, True, WARNING)],
)
def test_what_waits_for_long_is_an_error(due: int, minutes: int, works: bool, level: Level) -> None:
    assert levels(deliveries.judge(due, timedelta(minutes=minutes), works=works)) == [level]


# --- The machine -----------------------------------------------------------------------------------------------------


def test_static_files_are_judged(tmp_path: Path) -> None:
    assert levels(static.judge(None, [], is_current=False)) == [ERROR]
    assert levels(static.judge(["a.css"], ["a.css"], is_current=True)) == [ERROR]
    assert levels(static.judge(["a.css"], [], is_current=False)) == [WARNING]
    assert levels(static.judge(["a.css"], [], is_current=True)) == [OK]
    (tmp_path / "manifest").write_text("{}")
    assert static.names_in(tmp_path / "manifest") is None
    assert static.names_in(tmp_path / "nowhere") is None


PLACE = disk.Place(Path("/var/lib/confab"), 0o750, free_bytes=5 * 1024**3)


@pytest.mark.parametrize(
    ("changed", "level"),
    [
        ({}, OK),
        ({"mode": None}, ERROR),
        ({"mode": 0o755}, WARNING),
        ({"unwritable": "Read-only file system"}, ERROR),
        ({"free_bytes": 500 * 1024**2}, WARNING),
        ({"free_bytes": 50 * 1024**2}, ERROR),
        ({"free_inodes": 0.01}, WARNING),
    ],
)
def test_the_disk_is_judged(changed: dict[str, Any], level: Level) -> None:
    assert levels(disk.judge(replace(PLACE, **changed))) == [level]


def test_the_disk_is_measured(tmp_path: Path) -> None:
    tmp_path.chmod(0o701)
    here = disk.measured(tmp_path)
    assert (here.mode, here.unwritable) == (0o701, "")
    assert here.free_bytes > 0
    assert list(tmp_path.iterdir()) == []
    assert disk.measured(tmp_path / "nowhere").mode is None


@pytest.mark.parametrize(
    ("apart", "is_kept", "expected"),
    [
        ({"Redis": 0.0}, True, [OK]),
        ({}, None, [OK]),
        ({"Redis": -1.5}, True, [WARNING]),
        ({"Redis": 1.5, "the database server": 40.0}, False, [WARNING, ERROR, WARNING]),
    ],
)
def test_the_clock_is_judged(apart: dict[str, float], is_kept: bool | None, expected: list[Level]) -> None:
    assert levels(clock.judge(apart, is_kept=is_kept)) == expected


MACHINE = limits.Machine(10_000, 3, 65_536, 3, 4096, 28_232, 4 * 1024**3)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, [OK]),
        ({"files": 1024}, [WARNING]),
        ({"files": 5_600}, [OK]),  # half of the sockets, while one of three restarts
        ({"files": 5_500}, [WARNING]),
        ({"backlog": 128}, [WARNING]),
        ({"ports": 2_000}, [WARNING]),
        ({"memory_bytes": 800 * 1024**2}, [WARNING]),
        ({"memory_bytes": 400 * 1024**2}, [ERROR]),
        ({"backlog": None, "ports": None, "memory_bytes": None}, [OK]),
    ],
)
def test_the_machine_is_judged(changed: dict[str, Any], expected: list[Level]) -> None:
    assert levels(limits.judge(replace(MACHINE, **changed))) == expected


def test_files_are_those_of_this_sites_workers(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    for number, (words, place) in enumerate(
        [("python\0-m\0realtime_site.worker", home), ("python\0-m\0realtime_site.worker", other), ("vim", home)]
    ):
        process = tmp_path / "proc" / str(number)
        process.mkdir(parents=True)
        place.mkdir(exist_ok=True)
        (process / "cmdline").write_text(words)
        (process / "cwd").symlink_to(place)
        (process / "limits").write_text(
            f"Max open files            {1000 + number}                 4096                 files\n"
        )
    assert limits.files_of_workers(tmp_path / "proc", home) == [1000]
    assert limits.soft_limit("Max open files            unlimited            unlimited            files") > 10**9


# --- All together ----------------------------------------------------------------------------------------------------

SOME = Subject("some")


def looked(look: Any, seconds: float = 30) -> list[Finding]:
    return examine(Options(), [], lambda _: None, [Probe(SOME, "something", look)], seconds)


def test_what_breaks_while_looking_is_a_finding_that_names_it() -> None:
    def breaks(_: Options) -> list[Finding]:
        raise RuntimeError("the disk\nis on fire")

    found = looked(breaks)
    assert levels(found) == [ERROR]
    assert "something failed: RuntimeError, the disk is on fire." in found[0].what


def test_what_hangs_is_left_behind() -> None:
    began = time.monotonic()
    assert levels(looked(lambda _: time.sleep(30), seconds=0.05)) == [ERROR]
    assert time.monotonic() - began < 20


def test_what_cannot_be_looked_at_yet_is_a_note() -> None:
    def cannot(_: Options) -> list[Finding]:
        raise NotTriedError("The database does not answer.")

    assert levels(looked(cannot)) == [NOTE]


def test_every_subject_has_one_name_of_its_own() -> None:
    names = [probe.subject.name for probe in PROBES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("found", "worst", "code"),
    [([], OK, 0), ([OK, NOTE], OK, 0), ([OK, WARNING, NOTE], WARNING, 1), ([ERROR, WARNING], ERROR, 2)],
)
def test_the_worst_decides(found: list[Level], worst: Level, code: int) -> None:
    findings = [Finding("some", level, "So it is.") for level in found]
    assert (verdict(findings), exit_code(findings)) == (worst, code)


def test_the_report_is_aligned_and_its_lines_can_be_copied() -> None:
    mend = "sed " + "x" * 200
    text = report.as_text(
        [SOME.ok("Fine."), SOME.error("Broken.", "It matters. " * 20, mend), Subject("longer").ok("Fine.")]
    )
    lines = text.splitlines()
    assert lines[0] == "some    ok       Fine."
    assert lines[1].startswith("        error    Broken.")
    assert f"                 → {mend}" in lines
    assert all(len(line) <= 110 for line in lines if "→" not in line)
    assert lines[-1] == "Something is broken: 1 error."


def test_scripts_get_json() -> None:
    told = json.loads(report.as_json([SOME.warning("Odd.", "It matters.", "X=1")]))
    only = {"subject": "some", "level": "warning", "what": "Odd.", "why": "It matters.", "mend": "X=1"}
    assert told == {"findings": [only], "verdict": "warning"}
