"""Django's own `check --deploy`, the apps' checks among it, said in our form."""

from collections.abc import Iterable

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

from realtime_site.doctor.findings import Finding, Subject
from realtime_site.doctor.options import Options
from realtime_site.listening import is_loopback

DEPLOY = Subject("deploy")

# Other subjects look at these themselves: DEBUG, SECRET_KEY, ALLOWED_HOSTS; workers without Redis, the key for pushes.
ELSEWHERE = {"security.W009", "security.W018", "security.W020", "confab.E001", "confab.E003"}
# They follow from the scheme of SITE_URL: HSTS, the redirect, secure cookies.
OF_HTTPS = {"security.W004", "security.W008", "security.W012", "security.W016", "confab.W002"}
# Whether HSTS holds for sub-domains and in lists of browsers is decided for a whole domain, not by one service of it.
OF_THE_DOMAIN = {"security.W005", "security.W021"}
MENDS = {
    "security.W004": "HSTS_SECONDS=31536000",
    "security.W008": "SSL_REDIRECT=on",
    "confab.W001": "sed -i '/^RATE_LIMITS=/d' .env",
    "confab.W003": "sed -i '/^PUSH_TEST_ORIGINS=/d' .env",
}


def look(options: Options) -> Iterable[Finding]:
    return judge(checks.run_checks(include_deployment_checks=True), site_url=settings.SITE_URL)


def judge(messages: Iterable[CheckMessage], *, site_url: str) -> list[Finding]:
    said = [one for one in messages if one.id not in ELSEWHERE | OF_THE_DOMAIN and not one.is_silenced()]
    https = site_url.startswith("https://")
    of_https = [] if https else [str(one.id) for one in said if one.id in OF_HTTPS]
    found = [_finding(one) for one in said if one.id not in of_https]
    if of_https:
        found.append(_without_https(of_https, site_url))
    return found or [DEPLOY.ok("Django's checks for production find nothing.")]


def _without_https(ids: list[str], site_url: str) -> Finding:
    host = site_url.partition("://")[2]
    what = f"No https: {', '.join(sorted(ids))}."
    why = "What people type, passwords too, crosses the network in clear text, and browsers take no pushes."
    if is_loopback(host.rpartition(":")[0] or host):
        return DEPLOY.note(what, "Nobody but this machine can come, so nobody listens.")
    return DEPLOY.warning(what, why, f"SITE_URL=https://{host}")


def _finding(message: CheckMessage) -> Finding:
    first, _, rest = " ".join(message.msg.split()).partition(". ")
    what = f"{message.id}: {first.rstrip('.')}."
    why = rest or message.hint or "Django's documentation of its system checks says more."
    mend = MENDS.get(str(message.id)) or message.hint or ".venv/bin/python manage.py check --deploy"
    say = DEPLOY.error if message.level >= checks.ERROR else DEPLOY.warning
    return DEPLOY.note(what, why) if message.level < checks.WARNING else say(what, why, mend)
