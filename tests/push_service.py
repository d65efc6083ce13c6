"""A push service on the loopback: decrypts what it gets, checks it as the real ones do, keeps it; misbehaves when told.

    with PushService(vapid_public_key) as service:
        phone = service.subscribe()                      # phone.endpoint, phone.p256dh, phone.auth
        phone.answers = Answer(429, retry_after="5")     # from now on
        …
        phone.got                                        # what arrived, decrypted

PUSH_TEST_ORIGINS must hold `service.origin`. Each service is a lane of its own.
"""

import asyncio
import base64
import json
import re
import threading
import time
from dataclasses import dataclass, field
from secrets import token_bytes, token_urlsafe
from types import TracebackType
from typing import Any, Self

import http_ece
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_AUTHORIZATION = re.compile(r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+),k=([\w-]+)")
_TOPIC = re.compile(r"[\w-]{1,32}")
MOST_BYTES = 4_096
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Answer:
    """How a subscription answers. `stall`: not at all; `drip`: bytes of headers now and then; `reset`: it cuts
    the connection. `delay`: so many seconds after it has taken the push.
    """

    status: int = 201
    retry_after: str | None = None
    location: str | None = None
    stall: bool = False
    drip: bool = False
    reset: bool = False
    delay: float = 0


GOOD, STALL, DRIP, RESET = Answer(), Answer(stall=True), Answer(drip=True), Answer(reset=True)


@dataclass(frozen=True)
class Push:
    """One that arrived: its decrypted payload, and how it was sent."""

    payload: dict[str, Any]
    ttl: int
    topic: str
    urgency: str
    at: float


@dataclass
class Subscription:
    endpoint: str
    private_key: ec.EllipticCurvePrivateKey
    secret: bytes
    answers: Answer = GOOD
    # Asked, whatever the answer was; and taken.
    asked: int = 0
    got: list[Push] = field(default_factory=list)

    @classmethod
    def make(cls, endpoint: str) -> Self:
        """What a browser makes: a pair of keys and a secret."""
        return cls(endpoint, ec.generate_private_key(ec.SECP256R1()), token_bytes(16))

    @property
    def p256dh(self) -> str:
        return _encode(self.private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    @property
    def auth(self) -> str:
        return _encode(self.secret)


class PushService:
    """Serves in a thread of its own, so that tests of any kind may use it. `faults`: what was wrong with requests."""

    def __init__(self, vapid_public_key: str | None) -> None:
        self.faults: list[str] = []
        self.subscriptions: dict[str, Subscription] = {}
        self.connections = 0
        self._key = vapid_public_key
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="push service")

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def lane(self) -> str:
        return f"127.0.0.1:{self.port}"

    def subscribe(self, answers: Answer = GOOD) -> Subscription:
        name = token_urlsafe(8)
        self.subscriptions[name] = one = Subscription.make(f"{self.origin}/push/{name}")
        one.answers = answers
        return one

    def _call(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _start(self) -> None:
        app = web.Application(client_max_size=1024**2)
        app.router.add_post("/push/{name}", self._push)
        app.router.add_route("*", "/{anything:.*}", self._elsewhere)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port: int = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        await self._runner.cleanup()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _elsewhere(self, request: web.Request) -> web.Response:
        self.faults.append(f"{request.method} {request.path} was asked for")
        return web.Response(status=404)

    async def _push(self, request: web.Request) -> web.StreamResponse:
        one = self.subscriptions.get(request.match_info["name"])
        if one is None:
            return web.Response(status=404)
        one.asked += 1
        answers = one.answers
        await self._misbehave(request, answers)
        headers = {
            name: value
            for name, value in (("Retry-After", answers.retry_after), ("Location", answers.location))
            if value
        }
        if answers.status == 201:
            try:
                one.got.append(self._read(request, await request.read(), one))
            except (ValueError, KeyError, InvalidSignature, http_ece.ECEException) as error:
                self.faults.append(repr(error))
                return web.Response(status=400)
        await asyncio.sleep(answers.delay)
        return web.Response(status=answers.status, headers=headers)

    async def _misbehave(self, request: web.Request, answers: Answer) -> None:
        assert request.transport
        if answers.stall:
            await asyncio.sleep(600)
        if answers.drip:
            await self._drip(request)
        if answers.reset:
            request.transport.abort()

    async def _drip(self, request: web.Request) -> None:
        assert request.transport
        request.transport.write(b"HTTP/1.1 201 Created\r\n")
        while not request.transport.is_closing():
            request.transport.write(b"X-Drip: 1\r\n")
            await asyncio.sleep(0.05)
        raise asyncio.CancelledError

    def _read(self, request: web.Request, body: bytes, one: Subscription) -> Push:
        """Raises what the real ones answer 400, 401 or 413 for."""
        headers = request.headers
        if headers["Content-Encoding"] != "aes128gcm" or len(body) > MOST_BYTES:
            raise ValueError(f"{headers['Content-Encoding']}, {len(body)} bytes")
        if not _TOPIC.fullmatch(headers["Topic"]) or headers["Urgency"] not in {"very-low", "low", "normal", "high"}:
            raise ValueError(f"topic {headers['Topic']}, urgency {headers['Urgency']}")
        self._check_vapid(headers["Authorization"])
        text = http_ece.decrypt(body, private_key=one.private_key, auth_secret=one.secret, version="aes128gcm")
        return Push(json.loads(text), int(headers["TTL"]), headers["Topic"], headers["Urgency"], time.monotonic())

    def _check_vapid(self, authorization: str) -> None:
        """RFC 8292 §2 to §4: signed with the key that the browser subscribed to, for us, and not for long."""
        found = _AUTHORIZATION.fullmatch(authorization)
        if not found or found[4] != self._key:
            raise ValueError(f"Authorization: {authorization[:40]}")
        header, claims, signature, key = found.groups()
        raw = _decode(signature)
        numbers = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decode(key))
        public.verify(encode_dss_signature(*numbers), f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        says = json.loads(_decode(claims))
        if says["aud"] != self.origin or not time.time() < says["exp"] <= time.time() + DAY_SECONDS:
            raise ValueError(f"claims {says}")
        if not says["sub"].startswith(("mailto:", "https:")):
            raise ValueError(f"sub {says['sub']}")


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
