"""Which endpoints a push may go to. Pure.

An endpoint is whatever a browser, or somebody who plays one, has told us. It must not make this machine speak to
itself or to its neighbours (server-side request forgery).
"""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

ENDPOINT_CHARACTERS = 2_000  # those of the large push services have 150 to 500
HTTPS_PORT = 443
NAME_CHARACTERS = 253  # RFC 1035 §2.3.4, without the dot at the end
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# Names that lead to this machine or its neighbours, whoever resolves them (RFC 6761, 6762, 8375; ICANN for .internal).
_NEIGHBOURS = ("localhost", "local", "internal", "home.arpa")
_PRINTABLE = re.compile(r"[!-~]+")
# All that is given out lies here (IANA); everything else is special, whether this Python knows of it or not.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# Addresses that carry one of IPv4, which is where packets end (RFC 6052, 3056, 4380).
_NAT64 = IPv6Network("64:ff9b::/96")
_RELAYS = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))
# Documentation (RFC 9637), the identifiers of RFC 7343 and what the 6bone gave back (RFC 3701): not in the tables of
# Python 3.11.
_NOT_ROUTED = (IPv6Network("3fff::/20"), IPv6Network("2001:20::/28"), IPv6Network("3ffe::/16"))
_IPV4_RELAYS = IPv4Address("192.88.99.0"), IPv4Address("192.88.99.255")


class Endpoint(NamedTuple):
    """Where a push goes. `is_test`: one of the operator's PUSH_TEST_ORIGINS, which need not be public."""

    url: str
    origin: str
    host: str
    port: int
    is_test: bool


def is_public(address: str) -> bool:
    """Whether this is an address of the open Internet. False, too, for what is no address."""
    try:
        return _is_public(ip_address(address))
    except ValueError:
        return False


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        first, last = _IPV4_RELAYS
        return address.is_global and not address.is_multicast and not first <= address <= last
    if address.scope_id is not None:
        return False
    if address in _NAT64:
        return _is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    # ::ffff:127.0.0.1 and the like lie outside 2000::/3.
    if address not in _GLOBAL_UNICAST or any(address in one for one in (*_RELAYS, *_NOT_ROUTED)):
        return False
    return address.is_global


def parse(url: str, test_origins: Collection[str] = ()) -> Endpoint | None:
    """The endpoint, or None for one that is never sent to. What its name resolves to is looked at when it is sent to.

    `test_origins`: exact origins such as "http://127.0.0.1:1234".
    """
    if len(url) > ENDPOINT_CHARACTERS or not _PRINTABLE.fullmatch(url) or "\\" in url or "#" in url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    if origin in test_origins:
        return Endpoint(url, origin, host, port or (HTTPS_PORT if parts.scheme == "https" else 80), is_test=True)
    if parts.scheme != "https" or "@" in parts.netloc or port not in {None, HTTPS_PORT}:
        return None
    if not (is_public(host) if _is_literal(host) else _is_name(host)):
        return None
    name = f"[{host}]" if ":" in host else host
    return Endpoint(url, f"https://{name}", host, HTTPS_PORT, is_test=False)


def _is_name(host: str) -> bool:
    """A name of the Internet: not of this machine or network alone, and none of the old ways of writing an address,
    such as `127.1` and `0x7f000001` (a name does not end in a number).
    """
    name = host.removesuffix(".")
    labels = name.split(".")
    if len(labels) < 2 or len(name) > NAME_CHARACTERS or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        return False
    return not any(name.endswith(f".{one}") for one in _NEIGHBOURS) and name not in _NEIGHBOURS


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
