"""What `bin/serve` decides and refuses before anything long begins."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from notifications.delivery import vapid
from realtime_site import serve
from realtime_site.listening import base_url, is_loopback

ROOT = Path(__file__).parents[2]
EVERY = "0.0.0.0"  # noqa: S104  only spoken of


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"]} | variables
    command = [sys.executable, "-m", "realtime_site.serve", *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return str(one.getsockname()[1])


def test_several_workers_without_redis_are_refused(tmp_path: Path) -> None:
    done = run("--workers", "2", "--port", free_port(), DATA_DIR=str(tmp_path / "data"), REDIS_URL="")
    assert done.returncode == 2
    assert "REDIS_URL=redis://" in done.stderr
    assert not (tmp_path / "data").exists(), "nothing was begun"


def test_workers_in_the_environment_count_too(tmp_path: Path) -> None:
    done = run("--port", free_port(), DATA_DIR=str(tmp_path), WORKERS="3", REDIS_URL="")
    assert done.returncode == 2
    assert "3 workers" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--workers", "none"], "number of processes"),
        (["--port", "70000"], "1 to 65535"),
        (["--prot", "80"], "--prot"),
        (["--host", "192.0.2.1"], "no address 192.0.2.1"),
    ],
)
def test_typing_errors_are_said_by_the_check(arguments: list[str], said: str) -> None:
    done = run("--check", "--port", free_port(), *arguments)
    assert done.returncode in {1, 2}
    assert said in done.stderr


def test_a_taken_port_is_said_by_the_check() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = run("--check", "--port", str(other.getsockname()[1]))
    assert done.returncode == 1
    assert "is taken" in done.stderr


def test_the_check_needs_nothing_but_the_standard_library() -> None:
    check = f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv[1:] = ['--check', '--port', '{free_port()}']"
    command = [sys.executable, "-I", "-S", "-c", f"{check}\nfrom realtime_site import serve; serve.main()"]
    subprocess.run(command, cwd=ROOT, timeout=30, check=True)


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = serve._kept_key(tmp_path / "data", "SECRET_KEY", serve._secret_key)
    path = tmp_path / "data" / "secret_key"
    assert len(first) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert serve._kept_key(tmp_path / "data", "SECRET_KEY", serve._secret_key) == first


def test_the_key_that_is_made_for_pushes_is_one() -> None:
    assert vapid.is_key(serve._vapid_key())


@pytest.mark.parametrize(("value", "started"), [("", True), ("on", True), ("off", False), ("0", False)])
def test_a_deliverer_is_started_unless_it_runs_elsewhere(value: str, started: bool) -> None:
    options = serve._options([])
    environment = {"SITE_URL": "http://127.0.0.1:8000", "WORKERS": "1"}
    command = serve._supervisor(options, {"DELIVERER": value}, environment)
    assert ("manage.py deliver" in " ".join(command)) == started


def test_what_the_operator_has_set_is_left_alone() -> None:
    options = serve._options(["--host", EVERY])
    configured = {
        "SECRET_KEY": "theirs",
        "VAPID_PRIVATE_KEY": "theirs",
        "SITE_URL": "https://chat.example.org",
        "WORKERS": "2",
        "REDIS_URL": "redis://r",
    }
    assert serve._decide(options, configured) == {"WORKERS": "2"}


def test_the_address_follows_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    options = serve._options(["--host", EVERY, "--port", "8080"])
    assert serve._decide(options, {"SECRET_KEY": "theirs"})["SITE_URL"] == "http://127.0.0.1:8080"
    assert "SITE_URL" in capsys.readouterr().out, "others cannot open it under that address, and are told"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("::", "http://127.0.0.1:1"),
        ("::1", "http://[::1]:1"),
        ("chat.lan", "http://chat.lan:1"),
    ],
)
def test_an_address_a_browser_understands(host: str, url: str) -> None:
    assert base_url(host, 1) == url


@pytest.mark.parametrize(
    ("host", "here"), [("localhost", True), ("127.0.0.2", True), ("[::1]", True), ("192.0.2.1", False), ("lan", False)]
)
def test_what_only_this_machine_can_reach(host: str, here: bool) -> None:
    assert is_loopback(host) is here
