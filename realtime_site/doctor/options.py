"""What the operator asks of an examination. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """`sockets`: as many as are expected on the whole site at once. `idle_seconds`: how long a socket is left silent, 0
    for not at all; that and more needs a `token`. `via`: the host and port to connect to in place of those in SITE_URL.
    """

    sockets: int = 10_000
    idle_seconds: float = 0.0
    token: str = ""
    via: tuple[str, int] | None = None
