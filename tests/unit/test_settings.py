"""Settings that follow from others, read in a process of their own as at a start."""

import json
import subprocess
import sys

import pytest

PROBE = (
    "import json, realtime_site.settings as s; print(json.dumps([s.ALLOWED_HOSTS[0], s.DEFAULT_FROM_EMAIL, s.HTTPS]))"
)


def read(site_url: str) -> subprocess.CompletedProcess[str]:
    environment = {"SECRET_KEY": "x", "SITE_URL": site_url, "SITE_NAME": "Confab"}
    return subprocess.run([sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("site_url", "host", "https"),
    [
        ("https://chat.example.org", "chat.example.org", True),
        ("http://127.0.0.1:8000", "127.0.0.1", False),
        ("http://[::1]:8000/", "[::1]", False),
    ],
)
def test_hosts_and_addresses_follow_from_the_sites_address(site_url: str, host: str, https: bool) -> None:
    done = read(site_url)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [host, f"Confab <noreply@{host}>", https]


@pytest.mark.parametrize("site_url", ["chat.example.org", "ftp://x", "https://"])
def test_an_address_that_is_none_is_refused_in_words(site_url: str) -> None:
    done = read(site_url)
    assert done.returncode != 0
    assert "SITE_URL must look like https://chat.example.org" in done.stderr


def test_the_version_is_one() -> None:
    import tomllib
    from pathlib import Path

    import realtime_site

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert realtime_site.__version__ == project["project"]["version"]
