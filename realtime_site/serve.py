"""What `bin/serve` does once Python is there: prepares the site, then becomes the supervisor.

Owns what is decided before Django can be loaded: the keys, the address, the number of workers. Until `_prepare` it uses
nothing but the standard library, since `--check` runs before anything is installed.
"""

import argparse
import base64
import os
import secrets
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Never

from realtime_site.listening import ListenError, base_url, is_wildcard, listen

BASE_DIR = Path(__file__).resolve().parent.parent
EPILOG = """\
Everything else comes from the environment or from .env; .env.example lists it. The usual first ones:

  SITE_URL       the address people open, if it is not this machine: https://chat.example.org
  DATABASE_URL   postgres://user:password@host/name     without it: SQLite in var/
  REDIS_URL      redis://host:6379/0                    needed for more than one worker

Ctrl-C stops; every connection is let go politely. SIGHUP replaces the workers one by one, with nobody refused.
"""


def _secret_key() -> str:
    """It signs sessions."""
    return secrets.token_urlsafe(48)


def _vapid_key() -> str:
    """It signs pushes (RFC 8292): a number below the order of P-256, as `manage.py generate_vapid_keys` makes it."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    number = secrets.randbelow(order - 1) + 1
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


KEYS: dict[str, Callable[[], str]] = {"SECRET_KEY": _secret_key, "VAPID_PRIVATE_KEY": _vapid_key}
KEY_FILES = {"SECRET_KEY": "secret_key", "VAPID_PRIVATE_KEY": "vapid_key"}


def main() -> None:
    options = _options()
    try:
        listen(options.host, options.port).close()
    except ListenError as error:
        _refuse(str(error), code=1)
    if options.check:
        return
    configured = _configured()
    environment = os.environ | _decide(options, configured)
    # A copy, made before Django reads .env into os.environ: the workers read it themselves, so SIGHUP sees changes.
    os.environ.update(environment)
    _prepare(demo=options.demo)
    os.execve(sys.executable, _supervisor(options, configured, environment), environment)  # noqa: S606


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/serve",
        description="Starts Confab: installs what it needs, prepares the database, serves.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1; 0.0.0.0 is every one)")
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on (8000)")
    parser.add_argument("--workers", type=_workers, metavar="N", help="worker processes (WORKERS, or 1)")
    parser.add_argument("--demo", action="store_true", help="fill an empty site with three people and what they said")
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)


def _workers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"a number of processes from 1 to 256, not {text!r}")
    return int(text)


def _configured() -> Mapping[str, str]:
    """What the operator has set: the environment, and .env where the environment says nothing."""
    from dotenv import dotenv_values

    return {name: value for name, value in dotenv_values(BASE_DIR / ".env").items() if value} | dict(os.environ)


def _decide(options: argparse.Namespace, configured: Mapping[str, str]) -> dict[str, str]:
    """The variables the operator has left to us."""
    decided = {"WORKERS": str(_number_of_workers(options, configured))}
    data = Path(configured.get("DATA_DIR") or BASE_DIR / "var")
    for name, make in KEYS.items():
        if not configured.get(name):
            decided[name] = _kept_key(data, name, make)
    if not configured.get("SITE_URL"):
        decided["SITE_URL"] = base_url(options.host, options.port)
        if is_wildcard(options.host):
            _say("Others can open it only under the address in SITE_URL. Set it: SITE_URL=http://192.0.2.10:8000")
    return decided


def _number_of_workers(options: argparse.Namespace, configured: Mapping[str, str]) -> int:
    try:
        number: int = options.workers or _workers(configured.get("WORKERS") or "1")
    except argparse.ArgumentTypeError as error:
        _refuse(f"WORKERS is {error}.")
    if number > 1 and not configured.get("REDIS_URL"):
        _refuse(
            f"{number} workers need Redis, through which they tell each other what was said.\n"
            "Set it in the environment or in .env:  REDIS_URL=redis://127.0.0.1:6379/0\n"
            "or start one worker:                   bin/serve --workers 1"
        )
    return number


def _kept_key(data: Path, name: str, make: Callable[[], str]) -> str:
    """The key kept in the data directory, made at the first start. Whoever can read it can sign as the site does."""
    path = data / KEY_FILES[name]
    try:
        data.mkdir(0o700, parents=True, exist_ok=True)  # private messages, password hashes
        # O_EXCL: of two first starts at once one makes the key and both use it.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
    except FileExistsError:
        pass
    except OSError as error:
        _refuse(f"{path} cannot be written: {error.strerror}. Set DATA_DIR to a directory of yours, or {name}.", 1)
    return path.read_text().strip()


def _prepare(*, demo: bool) -> None:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command
    from environs import EnvError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realtime_site.settings")
    try:
        import django

        django.setup()
        call_command("prepare", demo=demo, skip_checks=False)
    except (ImproperlyConfigured, EnvError, CommandError) as error:
        _refuse(str(error), code=1)
    _close_databases()


def _close_databases() -> None:
    """exec would cut the connections off, which PostgreSQL writes into its log."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()


def _supervisor(
    options: argparse.Namespace, configured: Mapping[str, str], environment: Mapping[str, str]
) -> list[str]:
    url = configured.get("SITE_URL") or environment["SITE_URL"]
    values = {
        "--host": options.host,
        "--port": options.port,
        "--workers": environment["WORKERS"],
        "--drain-seconds": configured.get("DRAIN_SECONDS") or "10",
        "--url": url,
    }
    if _deliverer_is_wanted(configured):
        values["--companion"] = shlex.join([sys.executable, "manage.py", "deliver", "--verbosity", "0"])
    flags = [str(part) for pair in values.items() for part in pair]
    return [sys.executable, "-m", "realtime_site.supervisor", *flags]


def _deliverer_is_wanted(configured: Mapping[str, str]) -> bool:
    """As the settings read it, which may not be loaded once the environment is decided."""
    return (configured.get("DELIVERER") or "on").lower() not in {"off", "false", "no", "n", "f", "0"}


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _refuse(text: str, code: int = 2) -> Never:
    sys.stderr.write(text + "\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
