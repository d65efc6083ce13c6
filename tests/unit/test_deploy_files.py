"""The files of deploy/ agree with the site: time-outs with the protocol, limits with limits, settings with settings.

tests/scale/test_load_balancer.py runs the proxies' files; nothing here can run systemd or containers.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.test import RequestFactory
from pytest_django import Settings

from notifications.delivery.push import SENDING_SECONDS
from realtime_site.live import websocket
from realtime_site.live.closing import Close
from realtime_site.live.database import PATIENCE_SECONDS
from realtime_site.live.http import BODY_BYTES

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
NGINX = (DEPLOY / "nginx" / "confab.conf").read_text()
HAPROXY = (DEPLOY / "haproxy" / "haproxy.cfg").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
UNITS = sorted((DEPLOY / "systemd").iterdir())
# The last handshakes of a worker that ends, after its DRAIN_SECONDS (realtime_site/live/server.py).
LAST_SECONDS = 2
UNIT_SECONDS = {"s": 1, "m": 60}


def seconds(text: str) -> int:
    """30 of `30`, `30s`; 60 of `1m`."""
    return int(text.rstrip("sm")) * UNIT_SECONDS.get(text[-1], 1)


@pytest.mark.parametrize(
    ("text", "name"),
    [(NGINX, "proxy_read_timeout"), (NGINX, "proxy_send_timeout"), (HAPROXY, "timeout tunnel")],
)
def test_a_proxy_cuts_no_idle_socket_off(text: str, name: str) -> None:
    found = re.findall(rf"^\s*{name}\s+(\w+)", text, re.MULTILINE)
    # Whoever is alive says something each heartbeat; of whoever is not, the server or the client finds out first.
    longest_silence = max(settings.LIVE_HEARTBEAT_SECONDS + 10, websocket.PING_SECONDS + websocket.PONG_SECONDS)
    assert found
    assert all(seconds(one) > longest_silence for one in found)


def test_the_proxies_refuse_what_the_workers_would_cut_off() -> None:
    assert re.findall(r"client_max_body_size (\d+)m;", NGINX) == [str(BODY_BYTES // 1024**2)]
    assert re.findall(r"content-length\) gt (\d+)", HAPROXY) == [str(BODY_BYTES)]


def test_the_script_waits_longer_than_nginx_remembers_a_failure() -> None:
    script = (DEPLOY / "rolling-restart").read_text()
    settle = int(re.findall(r"^settle_seconds=(\d+)$", script, re.MULTILINE)[0])
    remembered = {int(found) for found in re.findall(r"fail_timeout=(\d+)s", NGINX)}
    asked_every = {int(found) for found in re.findall(r"check inter (\d+)s", HAPROXY)}
    assert settle > max(remembered | asked_every) + 1


def test_a_worker_has_time_to_let_go_of_everybody() -> None:
    unit = (DEPLOY / "systemd" / "realtime-web@.service").read_text()
    stops = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    graces = [COMPOSE["services"][f"worker-{number}"]["stop_grace_period"] for number in (1, 2, 3)]
    assert len(stops) == 1
    assert all(seconds(time) > settings.LIVE_DRAIN_SECONDS + LAST_SECONDS for time in (*stops, *graces))


def test_a_deliverer_has_time_to_land_what_is_in_flight() -> None:
    unit = (DEPLOY / "systemd" / "realtime-deliver.service").read_text()
    stops = [
        *re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE),
        COMPOSE["services"]["deliver"]["stop_grace_period"],
    ]
    assert len(stops) == 2
    # A push in flight, and then the database's patience to write what came of it.
    assert all(seconds(time) > SENDING_SECONDS + PATIENCE_SECONDS for time in stops)


@pytest.mark.parametrize("name", ["realtime-deliver.service", "realtime-prepare.service"])
def test_the_units_are_shut_off_as_the_workers_are(name: str) -> None:
    workers, other = ((DEPLOY / "systemd" / unit).read_text() for unit in ("realtime-web@.service", name))
    for line in ("UMask=0027", "NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet="):
        assert f"\n{line}\n" in workers
        assert f"\n{line}\n" in other


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is missing: apt-get install systemd")
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace("/opt/confab/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text)
    paths = [tmp_path / unit.name.replace("@.", "@8001.") for unit in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=one", *paths], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_compose_file_sets_what_there_is_to_set() -> None:
    documented = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    services = COMPOSE["services"]
    workers = [name for name in services if name.startswith("worker-")]
    for name in (*workers, "prepare", "deliver"):
        assert set(services[name]["environment"]) <= documented
        assert services[name]["environment"]["WORKERS"] == str(len(workers))
    addresses = {f"{name}:8000" for name in workers}
    assert set(services["proxy"]["environment"].values()) == addresses
    assert set(re.findall(r'"\$\{(WORKER_\d)-', HAPROXY)) == set(services["proxy"]["environment"])


def test_the_compose_file_shows_nothing_but_the_proxy_to_the_world() -> None:
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["proxy"]


def test_what_the_compose_file_mounts_and_builds_from_is_there() -> None:
    mounted = {volume.split(":")[0] for volume in COMPOSE["services"]["proxy"]["volumes"]} - {"./certs"}
    assert all((DEPLOY / path).exists() for path in mounted)
    copied = re.findall(r"^!(\S+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    assert {"manage.py", "requirements.txt", "realtime_site"} <= set(copied)
    assert all((ROOT / path).exists() for path in copied)


def test_every_close_code_has_a_line_for_whoever_meets_it() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    assert {int(code) for code in re.findall(r"^\| (4\d{3}) \|", page, re.MULTILINE)} == {int(code) for code in Close}


def test_the_variables_that_the_page_names_exist() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    documented = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(re.findall(r"^([A-Z_]+)=", page, re.MULTILINE)) <= documented


@pytest.mark.parametrize(("proxies", "counted"), [(0, "127.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.7")])
def test_the_login_limits_count_the_address_that_the_outermost_proxy_has_seen(
    proxies: int, counted: str, settings: Settings
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR="192.0.2.66, 198.51.100.7, 203.0.113.9")
    assert get_adapter(request).get_client_ip(request) == counted
