"""The way a browser comes: to the host and port of SITE_URL, by TLS where it says https. Plain HTTP on it.

Settles where to connect and what went wrong; judges nothing.
"""

import json
import ssl
import time
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from socket import create_connection, gaierror, socket
from typing import Any
from urllib.parse import urlencode, urlsplit

from realtime_site.doctor import question

CONNECT_SECONDS = 5.0
# RFC 5737: nobody has it. Whoever believes it believes everything.
CLAIMED_ADDRESS = "192.0.2.66"
CLAIMS = {"X-Forwarded-For": CLAIMED_ADDRESS, "X-Forwarded-Proto": "http"}
DAY_SECONDS = 86_400


class UnreachableError(Exception):
    """No connection, in words."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`seen` as `question.seen` has it, None where nobody understood; the certificate's days to its end."""

    status: int
    seen: dict[str, Any] | None = None
    certificate_days: float | None = None


class Way:
    def __init__(self, url: str, via: tuple[str, int] | None = None) -> None:
        parts = urlsplit(url)
        self.url = url
        self.netloc, self.host = parts.netloc, parts.hostname or ""
        self.is_tls = parts.scheme == "https"
        self._to = via or (self.host, parts.port or (443 if self.is_tls else 80))

    def connect(self) -> socket:
        """An open connection, TLS done. Certificates as the system trusts them; SSL_CERT_FILE may name others.

        Raises UnreachableError.
        """
        try:
            plain = create_connection(self._to, CONNECT_SECONDS)
        except gaierror as error:
            raise UnreachableError(f"the name {self._to[0]} has no address") from error
        except OSError as error:
            raise UnreachableError(error.strerror or str(error)) from error
        if not self.is_tls:
            return plain
        try:
            return ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
        except ssl.SSLCertVerificationError as error:
            plain.close()
            raise UnreachableError(f"its certificate is not to be trusted ({error.verify_message})") from error
        except OSError as error:
            plain.close()
            raise UnreachableError(f"it does not speak TLS ({error})") from error


def ask(site: Way) -> Answer:
    """`/healthz`, with claims about ourselves that nobody should believe. Raises UnreachableError."""
    path = f"/healthz?{urlencode({question.PARAMETER: question.asked()})}"
    with closing(HTTPConnection(site.netloc)) as connection:
        connection.sock = site.connect()
        days = _days_left(connection.sock)
        try:
            connection.request("GET", path, headers={"Host": site.netloc, "User-Agent": "Confab-doctor", **CLAIMS})
            answer = connection.getresponse()
            body = answer.read(100_000)
        except (OSError, HTTPException) as error:
            raise UnreachableError(f"it does not speak HTTP ({error or type(error).__name__})") from error
    return Answer(answer.status, _seen(body), days)


def _seen(body: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(body)
    except ValueError:
        return None
    seen = told.get("seen") if isinstance(told, dict) else None
    return seen if isinstance(seen, dict) else None


def _days_left(connection: socket) -> float | None:
    certificate = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    if not certificate:
        return None
    return (ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) / DAY_SECONDS
