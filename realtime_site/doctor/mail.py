"""The mail server: it greets, encrypts, and lets us in. Nothing is sent."""

import smtplib
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import get_connection

from realtime_site.doctor.findings import Finding, Subject
from realtime_site.doctor.options import Options
from realtime_site.doctor.push import is_contact
from realtime_site.listening import is_loopback

MAIL = Subject("mail")

SMTP = "django.core.mail.backends.smtp.EmailBackend"
GREETING_SECONDS = 5.0
EMAIL_URL = "EMAIL_URL=smtp://user:password@mail.example.org:587/?tls=True"


@dataclass(frozen=True, slots=True)
class Mail:
    """`problem`: why the server did not let us in, as it said it."""

    backend: str
    host: str
    port: int
    user: str
    encrypted: bool
    sender: str
    is_public: bool
    problem: str = ""


def look(options: Options) -> Iterable[Finding]:
    problem = _problem() if settings.EMAIL_BACKEND == SMTP else ""
    return judge(
        Mail(
            backend=settings.EMAIL_BACKEND,
            host=settings.EMAIL_HOST,
            port=settings.EMAIL_PORT,
            user=settings.EMAIL_HOST_USER,
            encrypted=settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL,
            sender=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
            is_public=not is_loopback(settings.SITE_URL.partition("://")[2].partition(":")[0]),
            problem=problem,
        )
    )


def judge(here: Mail) -> list[Finding]:
    if here.backend != SMTP:
        return [_nowhere(here)]
    where = f"{here.host}:{here.port}"
    if here.problem:
        why = f"Nobody can reset a password, and missed notifications are not mailed. It says: {here.problem}"
        return [MAIL.error(f"The mail server {where} does not take our mail.", why, EMAIL_URL)]
    found = []
    if not here.encrypted and not is_loopback(here.host):
        why = "Links that reset passwords cross the network in clear text, and our own password with them."
        found.append(MAIL.warning(f"Mail goes to {where} without TLS.", why, EMAIL_URL))
    if not is_contact(f"mailto:{here.sender}"):
        why = "Most mail servers refuse a sender to whom nobody can answer."
        found.append(
            MAIL.warning(f"Mail comes from {here.sender}.", why, "DEFAULT_FROM_EMAIL=Confab <noreply@your-domain>")
        )
    how = " and lets us in" if here.user else ""
    return found or [MAIL.ok(f"{where} greets{how}{', with TLS' if here.encrypted else ''}.")]


def _nowhere(here: Mail) -> Finding:
    kind = here.backend.split(".")[-2] if "." in here.backend else here.backend
    if not here.is_public:
        return MAIL.note(f"Mail goes to the {kind}.", "On a site of this machine alone that will do.", EMAIL_URL)
    why = "Nobody can reset a password or confirm an address, and missed notifications are not mailed."
    return MAIL.warning(f"Mail goes to the {kind}, to nobody's mailbox.", why, EMAIL_URL)


def _problem() -> str:
    connection = get_connection(timeout=GREETING_SECONDS)
    try:
        connection.open()  # EHLO, STARTTLS and AUTH, as configured
    except (OSError, smtplib.SMTPException) as error:
        return " ".join(str(error).split()) or type(error).__name__
    finally:
        connection.close()  # open until then, also where it was our login that failed
    return ""
