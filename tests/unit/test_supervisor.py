"""The supervisor's promises."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.supervised import Site, runs, wait_for

COMPANION = f"--companion={sys.executable} {Path(__file__).with_name('fake_companion.py')}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    for pid in (*site.wrote("ready"), *site.wrote("companion")):
        if runs(pid):
            os.kill(pid, signal.SIGKILL)
    if site.process:
        site.process.kill()
        site.process.wait()


def test_it_says_where_it_is_when_every_worker_serves(site: Site) -> None:
    site.start_and_wait(workers=3)
    assert len(site.wrote("ready")) == 3
    assert site.ask() in site.wrote("ready")


def test_workers_know_how_many_they_are(site: Site) -> None:
    site.start_and_wait(workers=3)
    assert [line.split()[2] for line in site.diary.read_text().splitlines()] == ["3"] * 3


def test_a_killed_worker_is_replaced(site: Site) -> None:
    site.start_and_wait()
    victim, other = site.wrote("ready")
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: len(site.wrote("ready")) == 3)
    assert runs(other)
    assert not runs(victim)
    assert f"Worker {victim} ended by itself (signal 9)" in site.said()
    assert site.ask() != victim


def test_hang_up_replaces_all_and_nobody_is_missed(site: Site) -> None:
    site.start_and_wait()
    old = set(site.wrote("ready"))
    site.signal(signal.SIGHUP)
    while "All workers are new" not in site.said():
        site.ask()  # raises when a connection is refused
    wait_for(lambda: not any(map(runs, old)))
    assert len(set(site.wrote("ready")) - old) == 2
    assert fewest_ready(site) == 2


def fewest_ready(site: Site) -> int:
    """The smallest number of workers that served at once, after the first two did."""
    ready, fewest = 0, 2
    for number, line in enumerate(site.diary.read_text().splitlines()):
        ready += 1 if line.startswith("ready") else -1
        fewest = min(fewest, ready) if number >= 2 else fewest
    return fewest


def test_hang_up_with_a_broken_release_leaves_the_old_workers(site: Site) -> None:
    site.start_and_wait()
    old = site.wrote("ready")
    site.diary.with_suffix(".broken").touch()
    site.signal(signal.SIGHUP)
    wait_for(lambda: "the old ones stay" in site.said())
    assert all(map(runs, old))
    assert site.ask() in old


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_ends_every_worker(site: Site, number: signal.Signals) -> None:
    site.start_and_wait()
    site.signal(number)
    assert site.exit_code() == 0
    assert not any(map(runs, site.wrote("ready")))


def test_ctrl_c_in_a_terminal_tells_each_worker_once(site: Site) -> None:
    """The terminal tells the whole process group; a worker told twice would not finish its drain."""
    site.start_and_wait()
    assert site.process
    os.killpg(site.process.pid, signal.SIGINT)
    assert site.exit_code() == 0
    assert sorted(site.wrote("told")) == sorted(site.wrote("ready"))


def test_a_closed_terminal_is_the_end_and_no_reload(site: Site) -> None:
    keyboard, terminal = os.openpty()
    site.start_and_wait(stdin=terminal)
    os.close(terminal)
    os.close(keyboard)
    assert site.exit_code() == 0
    assert len(site.wrote("ready")) == 2


def test_a_worker_that_does_not_end_is_killed(site: Site) -> None:
    site.start_and_wait("--drain-seconds=-4.5")  # half a second with the grace
    site.diary.with_suffix(".deaf").touch()
    site.signal(signal.SIGTERM)
    assert site.exit_code() == 0
    assert len(site.wrote("told")) == 2
    assert not any(map(runs, site.wrote("ready")))


def test_it_gives_up_when_no_worker_ever_serves(site: Site) -> None:
    site.diary.with_suffix(".broken").touch()
    site.start()
    assert site.exit_code() == 1
    assert "I am broken" in site.said()
    assert "Confab does not start" in site.said()


def test_it_does_not_give_up_once_one_has_served(site: Site) -> None:
    site.start_and_wait(workers=1)
    site.diary.with_suffix(".broken").touch()
    os.kill(site.wrote("ready")[0], signal.SIGKILL)
    wait_for(lambda: site.said().count("I am broken") >= 2)
    site.diary.with_suffix(".broken").unlink()
    wait_for(lambda: len(site.wrote("ready")) == 2)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_workers_end_with_a_killed_supervisor(site: Site) -> None:
    site.start_and_wait()
    site.signal(signal.SIGKILL)
    wait_for(lambda: not any(map(runs, site.wrote("ready"))))
    assert len(site.wrote("told")) == 2, "politely"


def test_a_taken_port_is_said(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        site.start(f"--port={port}")
        assert site.exit_code() == 1
        assert f"Port {port} on 127.0.0.1 is taken" in site.said()


def test_a_companion_runs_beside_the_workers_and_ends_with_them(site: Site) -> None:
    site.start_and_wait(COMPANION)
    wait_for(lambda: site.wrote("companion"))
    site.signal(signal.SIGTERM)
    assert site.exit_code() == 0
    assert site.wrote("companion-told") == site.wrote("companion")
    assert not any(map(runs, site.wrote("companion")))


def test_a_killed_companion_is_replaced_and_the_workers_stay(site: Site) -> None:
    site.start_and_wait(COMPANION)
    wait_for(lambda: site.wrote("companion"))
    os.kill(site.wrote("companion")[0], signal.SIGKILL)
    wait_for(lambda: len(site.wrote("companion")) == 2)
    assert "ended by itself (signal 9)" in site.said()
    assert len(site.wrote("ready")) == 2


def test_hang_up_replaces_the_companion_too(site: Site) -> None:
    site.start_and_wait(COMPANION)
    wait_for(lambda: site.wrote("companion"))
    old = site.wrote("companion")
    site.signal(signal.SIGHUP)
    wait_for(lambda: site.wrote("companion-told") == old)
    wait_for(lambda: len(site.wrote("companion")) == 2)
    assert runs(site.wrote("companion")[1])


def test_a_companion_that_cannot_run_keeps_nobody_from_serving(site: Site) -> None:
    site.start_and_wait("--companion=/nonexistent")
    wait_for(lambda: "could not be started" in site.said())
    assert site.ask() in site.wrote("ready")
