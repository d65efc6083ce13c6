"""What stands between a browser and a worker, judged by how a request looks when it has come through."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from realtime_site.doctor import way
from realtime_site.doctor.findings import Finding, Subject
from realtime_site.doctor.options import Options
from realtime_site.doctor.way import CLAIMED_ADDRESS, Answer, UnreachableError

PROXY = Subject("proxy")

OVERWRITE = "proxy_set_header X-Forwarded-For $remote_addr;   # nginx; deploy/ has HAProxy's"
START = "systemctl start realtime-web.target   # or bin/serve"
# Let's Encrypt's are renewed a month before their end.
RENEWAL_DAYS = 14


def look(options: Options) -> Iterable[Finding]:
    site = way.Way(settings.SITE_URL, options.via)
    try:
        answer = way.ask(site)
    except UnreachableError as error:
        return [_unreachable(str(error), site)]
    return judge(answer, site_url=settings.SITE_URL, trusted=settings.LIVE_TRUSTED_PROXIES)


def judge(answer: Answer, *, site_url: str, trusted: int) -> list[Finding]:
    if answer.status != 200:
        return [_refused(answer)]
    if answer.seen is None:
        why = "It is another site, an older release, or has another SECRET_KEY: logins of one worker end at the next."
        mend = "grep ^SECRET_KEY= .env   # the same for all workers and for this command"
        return [PROXY.error("What answers at SITE_URL does not know our signature.", why, mend)]
    found = [
        *_scheme(answer.seen, site_url),
        *_host(answer.seen, site_url),
        *_client(answer.seen, trusted),
        *_certificate(answer),
    ]
    return found or [PROXY.ok(_said(answer.seen, trusted))]


def proxies_in(forwarded: list[str]) -> int | None:
    """How many have written into X-Forwarded-For; None where nobody has and what a client claims arrives as it is.

    We have claimed an address: an outermost proxy that overwrites takes it out, one that appends leaves it in front.
    """
    after = forwarded[forwarded.index(CLAIMED_ADDRESS) + 1 :] if CLAIMED_ADDRESS in forwarded else forwarded
    return None if CLAIMED_ADDRESS in forwarded and not after else len(after)


def _scheme(seen: dict[str, Any], site_url: str) -> Iterable[Finding]:
    wanted = urlsplit(site_url).scheme
    if seen["scheme"] == wanted:
        return
    if wanted == "https":
        how = "hands through what a client claims" if seen["proto"] else "does not say"
        yield PROXY.error(
            f"A worker takes an https request for http: the proxy {how} of X-Forwarded-Proto.",
            "Pages redirect to themselves without end, and sockets are refused with 403.",
            "proxy_set_header X-Forwarded-Proto $scheme;   # nginx; deploy/ has HAProxy's",
        )
    else:
        why = "Cookies are not secure, and links in mails lead to http."
        yield PROXY.warning(
            "Requests come by https, SITE_URL says http.", why, f"SITE_URL=https://{urlsplit(site_url).netloc}"
        )


def _host(seen: dict[str, Any], site_url: str) -> Iterable[Finding]:
    wanted = urlsplit(site_url).netloc
    if seen["host"].lower() != wanted.lower():
        yield PROXY.error(
            f"A worker is asked for {seen['host'] or 'no host'}, not for {wanted}.",
            "Sockets and forms are refused where SITE_URL is not among CSRF_TRUSTED_ORIGINS, and links lead elsewhere.",
            "proxy_set_header Host $http_host;",
        )


def _client(seen: dict[str, Any], trusted: int) -> Iterable[Finding]:
    proxies = proxies_in(seen["forwarded"])
    if proxies is None:
        if trusted:
            why = "Whoever writes an address into X-Forwarded-For is taken for it, and escapes all limits."
            yield PROXY.error("The proxy hands through the address that a client claims.", why, OVERWRITE)
    elif proxies < trusted:
        why = "Workers then take the proxy for the client: limits on logins count everybody together."
        mend = f"TRUSTED_PROXIES={proxies}" if proxies else OVERWRITE
        yield PROXY.error(f"TRUSTED_PROXIES is {trusted}, but {proxies} have written into X-Forwarded-For.", why, mend)
    elif proxies > trusted:
        why = "Workers take a proxy for the client: limits on logins count everybody together."
        yield PROXY.error(
            f"{proxies} have written into X-Forwarded-For, and TRUSTED_PROXIES is {trusted}.",
            why,
            f"TRUSTED_PROXIES={proxies}",
        )


def _certificate(answer: Answer) -> Iterable[Finding]:
    days = answer.certificate_days
    if days is not None and days < RENEWAL_DAYS:
        why = "After that nobody comes in. It should have been renewed by now."
        yield PROXY.warning(f"The certificate ends in {days:.0f} days.", why, "certbot renew")


def _said(seen: dict[str, Any], trusted: int) -> str:
    client = seen["forwarded"][-trusted] if trusted else seen["peer"]
    between = f"through {trusted} {'proxies' if trusted > 1 else 'proxy'}" if trusted else "directly"
    come = f"Requests come {between}, as {seen['scheme']}://{seen['host']}, from {client or 'nobody'}"
    return f"{come}; claims are not believed."


def _refused(answer: Answer) -> Finding:
    if answer.status == 400:
        why = "Every page is answered so."
        mend = "proxy_set_header Host $http_host;   # or ALLOWED_HOSTS=chat.example.org,localhost,127.0.0.1,[::1]"
        return PROXY.error(
            "A request through SITE_URL is answered with 400: its host is not in ALLOWED_HOSTS.", why, mend
        )
    if answer.status in {502, 503, 504}:
        why = "It is there, and reaches no worker, or none that is ready."
        return PROXY.error(f"The proxy answers {answer.status}.", why, START)
    why = "Load balancers ask there, and something else answers."
    return PROXY.error(
        f"/healthz through SITE_URL is answered with {answer.status}.", why, f"curl -i {settings.SITE_URL}/healthz"
    )


def _unreachable(reason: str, site: way.Way) -> Finding:
    what = f"Nothing answers at {site.url}: {reason.rstrip('.')}."
    if "certificate" in reason.lower():
        mend = f"certbot certonly --webroot -w /var/www/html -d {site.host}"
        return PROXY.error(what, "Browsers refuse to open the site.", mend)
    return PROXY.error(what, "Nobody can come in.", START)
