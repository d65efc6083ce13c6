"""What the operator has set, as far as Django's own checks do not look at it (`deploy` has those)."""

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from realtime_site.doctor.findings import Finding, Subject
from realtime_site.doctor.options import Options
from realtime_site.listening import is_loopback

SETTINGS = Subject("settings")

# As `secrets.token_urlsafe(24)` has them, 192 bits; Django's own rule is 50 of any quality.
KEY_CHARACTERS = 32
KEY_DISTINCT_CHARACTERS = 10
# What stands in examples, and in keys that were made to be replaced.
KNOWN_IN_KEYS = ("django-insecure", "change", "example", "long-random-string", "for tests only", "secret")
NEW_KEY = "echo \"SECRET_KEY=$(python3 -c 'import secrets; print(secrets.token_urlsafe(48))')\" >> .env"


@dataclass(frozen=True, slots=True)
class Configured:
    site_url: str
    debug: bool
    secret_key: str
    allowed_hosts: list[str]
    csrf_origins: list[str]
    trusted_proxies: int
    key_files: tuple[tuple[Path, int], ...] = ()  # and their modes

    @property
    def host(self) -> str:
        name = urlsplit(self.site_url).hostname or ""
        return f"[{name}]" if ":" in name else name

    @property
    def is_public(self) -> bool:
        """Whether anybody but this machine is meant to come."""
        return not is_loopback(self.host)


def look(options: Options) -> Iterable[Finding]:
    found = judge(configured())
    return found or [SETTINGS.ok(f"{settings.SITE_URL}: key, hosts, origins and proxies agree.")]


def configured() -> Configured:
    files = [settings.DATA_DIR / name for name in ("secret_key", "vapid_key")]
    return Configured(
        site_url=settings.SITE_URL,
        debug=settings.DEBUG,
        secret_key=settings.SECRET_KEY,
        allowed_hosts=settings.ALLOWED_HOSTS,
        csrf_origins=settings.CSRF_TRUSTED_ORIGINS,
        trusted_proxies=settings.LIVE_TRUSTED_PROXIES,
        key_files=tuple((file, file.stat().st_mode) for file in files if file.exists()),
    )


def judge(here: Configured) -> list[Finding]:
    return [*_debug(here), *_key(here), *_address(here), *_hosts(here), *_origins(here), *_proxies(here)]


def _debug(here: Configured) -> Iterable[Finding]:
    if here.debug:
        say = SETTINGS.error if here.is_public else SETTINGS.warning
        yield say("DEBUG is on.", "Whoever causes an error is shown code and settings.", "DEBUG=off")


def _key(here: Configured) -> Iterable[Finding]:
    key = here.secret_key
    short = len(key) < KEY_CHARACTERS or len(set(key)) < KEY_DISTINCT_CHARACTERS
    if short or any(known in key.lower() for known in KNOWN_IN_KEYS):
        say = SETTINGS.error if here.is_public else SETTINGS.warning
        yield say("SECRET_KEY can be guessed.", "Whoever has it can log in as anybody: it signs sessions.", NEW_KEY)
    for file, mode in here.key_files:
        if stat.S_IMODE(mode) & 0o077:
            why = "Whoever reads it can sign as the site does."
            yield SETTINGS.error(f"{file} is open to others.", why, f"chmod 600 {file}")


def _address(here: Configured) -> Iterable[Finding]:
    if urlsplit(here.site_url).path:
        yield SETTINGS.error(
            f"SITE_URL has a path: {here.site_url}.",
            "Pages and sockets are at the root of their host; links in mails would lead nowhere.",
            f"SITE_URL={_origin(here.site_url)}",
        )
    if not here.is_public:
        yield SETTINGS.note(
            f"SITE_URL is {here.site_url}: only this machine can open it.",
            "Links in mails and invitations lead there.",
            "SITE_URL=https://chat.example.org",
        )


def _hosts(here: Configured) -> Iterable[Finding]:
    mend = f"ALLOWED_HOSTS={','.join(dict.fromkeys([here.host, 'localhost', '127.0.0.1', '[::1]']))}"
    if not validate_host(here.host, here.allowed_hosts):
        why = "Every page at SITE_URL is answered with 400, and no browser gets a socket."
        yield SETTINGS.error(f"ALLOWED_HOSTS lacks {here.host}.", why, mend)
    if "*" in here.allowed_hosts:
        why = "Links in mails of the login pages lead wherever whoever asked for them said that we are."
        yield SETTINGS.warning("ALLOWED_HOSTS takes any host.", why, mend)


def _origins(here: Configured) -> Iterable[Finding]:
    ours = _origin(here.site_url)
    if ours not in here.csrf_origins:
        yield SETTINGS.warning(
            f"CSRF_TRUSTED_ORIGINS lacks {ours}.",
            "Forms and sockets then depend on the proxy handing host and scheme through to the letter.",
            f"CSRF_TRUSTED_ORIGINS={','.join([ours, *here.csrf_origins])}",
        )
    weak = [one for one in here.csrf_origins if "*" in one or _is_weaker(one, ours)]
    if weak:
        yield SETTINGS.warning(
            f"CSRF_TRUSTED_ORIGINS trusts {', '.join(weak)}.",
            "Any page there can post as whoever looks at it, and open their socket.",
            f"CSRF_TRUSTED_ORIGINS={','.join([ours, *(one for one in here.csrf_origins if one not in (*weak, ours))])}",
        )


def _proxies(here: Configured) -> Iterable[Finding]:
    behind_tls = urlsplit(here.site_url).scheme == "https"
    if behind_tls and not here.trusted_proxies:
        yield SETTINGS.warning(
            "TRUSTED_PROXIES is 0, and https means that there is a proxy.",
            "Limits on logins and sockets count the proxy's address, that is, everybody together.",
            "TRUSTED_PROXIES=1",
        )
    if here.trusted_proxies and not here.is_public:
        why = "Whoever connects without one can claim any address, and escapes the limits."
        yield SETTINGS.note("TRUSTED_PROXIES is set on a site of this machine alone.", why, "TRUSTED_PROXIES=0")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_weaker(origin: str, ours: str) -> bool:
    """A page that came in clear text may be anybody's on the way."""
    return ours.startswith("https://") and origin.startswith("http://")
