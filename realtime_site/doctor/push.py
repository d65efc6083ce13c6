"""The site's key for Web Push, and whom push services may write to."""

import ipaddress
from collections.abc import Iterable

from django.conf import settings

from notifications.delivery import vapid
from realtime_site.doctor.findings import Finding, Subject
from realtime_site.doctor.options import Options

PUSH = Subject("push")

NEW_KEY = ".venv/bin/python manage.py generate_vapid_keys   # then VAPID_PRIVATE_KEY=… in .env"
# RFC 2606 and 6761: nobody's, whatever comes before.
NOBODYS = ("localhost", "example", "invalid", "test", "example.org", "example.com", "example.net", "local")


def look(options: Options) -> Iterable[Finding]:
    key = settings.VAPID_PRIVATE_KEY
    return judge(key=key, is_key=bool(key) and vapid.is_key(key), contact=vapid.contact())


def judge(*, key: str, is_key: bool, contact: str) -> list[Finding]:
    if not key:
        why = "Browsers that are closed hear nothing; everything else works."
        return [PUSH.note("There is no key for Web Push.", why, NEW_KEY)]
    if not is_key:
        why = "Pages offer pushes, and no browser can subscribe."
        return [PUSH.error("VAPID_PRIVATE_KEY is no key.", why, NEW_KEY)]
    if not is_contact(contact):
        why = "Apple refuses pushes whose contact is no real address, others cannot say what goes wrong."
        return [
            PUSH.warning(
                f"Push services are told to write to {contact}.", why, "VAPID_CONTACT=mailto:admin@your-domain"
            )
        ]
    return [PUSH.ok(f"The key is one; push services may write to {contact}.")]


def is_contact(contact: str) -> bool:
    """RFC 8292 §2.1: a mailto: or https: URI; here one that somebody else can reach."""
    kind, _, rest = contact.partition(":")
    host = (
        rest.rpartition("@")[2]
        if kind == "mailto"
        else rest.removeprefix("//").split("/")[0].rpartition(":")[0] or rest
    )
    if kind not in {"mailto", "https"} or (kind == "mailto" and "@" not in rest):
        return False
    return "." in host and not _is_nobodys(host.lower().removeprefix("//"))


def _is_nobodys(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return any(host == one or host.endswith(f".{one}") for one in NOBODYS)
    return True
