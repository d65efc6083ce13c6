"""One push to one device (RFC 8030, 8291, 8292).

Owns the way out: names are resolved here, all that a name resolves to must be public, and the connection goes to what
was looked at and nowhere else. Nothing of an answer but its status and Retry-After is read. Knows no database.
"""

import asyncio
import socket
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from types import TracebackType
from typing import NamedTuple, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from pywebpush import WebPusher

from notifications import endpoints
from notifications.delivery import vapid
from notifications.delivery.lanes import SLOTS
from notifications.delivery.outcomes import Outcome
from notifications.delivery.payload import Message
from notifications.delivery.retry import FORBIDDEN, UNREACHABLE, Answer, read_answer

# Name, connection, TLS, request and answer together; a push service needs a tenth of a second.
SENDING_SECONDS = 10.0
# What a name resolved to is good for this long, and so is the check of it.
NAMES_SECONDS = 60


class Subscription(NamedTuple):
    """A device, as a browser gave it to us."""

    endpoint: str
    p256dh: str
    auth: str


class ForbiddenAddressError(Exception):
    """A name leads to an address that is not public. No OSError: aiohttp would take it for a fault of the network."""


class Pusher:
    """`async with Pusher() as pusher`, on one event loop."""

    def __init__(self, test_origins: Collection[str] = (), *, seconds: float = SENDING_SECONDS) -> None:
        self._test_origins = test_origins
        self._seconds = seconds
        self._resolver = PublicResolver(test_origins)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, resolver=self._resolver, ttl_dns_cache=NAMES_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._seconds),
            auto_decompress=False,
            trust_env=False,  # a proxy would resolve the name itself
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()
        await self._resolver.close()

    async def send(self, to: Subscription, message: Message) -> Answer:
        endpoint = endpoints.parse(to.endpoint, self._test_origins)
        if endpoint is None:
            return FORBIDDEN
        if vapid.public_key() is None:
            return Answer("failed", Outcome.NOT_SET_UP)
        headers = vapid.headers(endpoint.origin) | _headers(message)
        return await self._post(endpoint.url, encrypt(message.body, to), headers)

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                return read_answer(answer.status, answer.headers.get("Retry-After"), datetime.now(UTC))
        except (ForbiddenAddressError, aiohttp.InvalidURL):
            return FORBIDDEN
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            # ValueError: what no client can make a request of, or a server's answer that no client can read.
            return UNREACHABLE


def encrypt(payload: bytes, to: Subscription) -> bytes:
    """RFC 8291, for this device only; with a key made for this message."""
    pusher = WebPusher({"endpoint": to.endpoint, "keys": {"p256dh": to.p256dh, "auth": to.auth}})
    return bytes(pusher.encode(payload, content_encoding="aes128gcm")["body"])


def _headers(message: Message) -> dict[str, str]:
    return {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(message.ttl),
        "Topic": message.topic,
        "Urgency": message.urgency,
    }


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses; raises ForbiddenAddressError where any of them is not.

    In threads of its own: a name server that does not answer holds a thread for half a minute, and there may be one
    behind each endpoint.
    """

    def __init__(self, test_origins: Collection[str] = ()) -> None:
        parsed = [endpoints.parse(origin, test_origins) for origin in test_origins]
        self._tests = {(one.host, one.port) for one in parsed if one}
        self._threads = ThreadPoolExecutor(SLOTS, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        )
        results = [_result(host, address, one_family, proto) for one_family, _, proto, _, address in found]
        if (host, port) not in self._tests and not all(endpoints.is_public(one["host"]) for one in results):
            raise ForbiddenAddressError
        return results

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _result(host: str, address: tuple[object, ...], family: int, proto: int) -> ResolveResult:
    ip, port = str(address[0]), int(str(address[1]))
    if len(address) > 2 and address[3]:  # a zone: fe80::1 on some interface
        ip = f"{ip}%{address[3]}"
    return ResolveResult(
        hostname=host,
        host=ip,
        port=port,
        family=family,
        proto=proto,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
