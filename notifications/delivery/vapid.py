"""The site's key for Web Push (RFC 8292): push services know by it who sends.

Owns nothing that is stored: the key is an operator's setting.
"""

import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from email.utils import parseaddr
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid.jwt import sign

# RFC 8292 §2 allows a day. Clocks differ, and a token is made anew well before it ends.
TOKEN_SECONDS = 12 * 3600
TOKEN_AGE_SECONDS = 3600
# The order of P-256 (SEC 2): private keys are the numbers below it.
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
KEY_BYTES = 32


def make_private_key() -> str:
    """A new private key, base64url as VAPID_PRIVATE_KEY has it."""
    return _encode((secrets.randbelow(P256_ORDER - 1) + 1).to_bytes(KEY_BYTES, "big"))


def public_key(private: str | None = None) -> str | None:
    """What a page gives to `pushManager.subscribe`; None where the site has no key."""
    private = getattr(settings, "VAPID_PRIVATE_KEY", "") if private is None else private
    return _public_key(private) if private else None


def is_key(private: str) -> bool:
    try:
        return bool(_public_key(private))
    except ValueError:
        return False


def headers(origin: str) -> dict[str, str]:
    """The Authorization header for the push service at `origin`. Only where there is a key."""
    hour = int(time.time() // TOKEN_AGE_SECONDS)
    return {"Authorization": _authorization(settings.VAPID_PRIVATE_KEY, origin, contact(), hour)}


def contact() -> str:
    """Whom a push service may write to when something goes wrong."""
    configured: str = getattr(settings, "VAPID_CONTACT", "")
    return configured or f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"


@lru_cache(maxsize=256)
def _authorization(private: str, origin: str, sub: str, hour: int) -> str:
    claims = {"aud": origin, "exp": hour * TOKEN_AGE_SECONDS + TOKEN_SECONDS, "sub": sub}
    return f"vapid t={sign(claims, _private_key(private))},k={_public_key(private)}"


@lru_cache(maxsize=4)
def _public_key(private: str) -> str:
    point = _private_key(private).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _encode(point)


def _private_key(private: str) -> ec.EllipticCurvePrivateKey:
    """Raises ValueError for what is no key."""
    raw = urlsafe_b64decode(private + "=" * (-len(private) % 4))
    if len(raw) != KEY_BYTES:
        raise ValueError("A private key has 32 bytes.")
    return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
