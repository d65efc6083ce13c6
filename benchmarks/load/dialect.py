"""How one server is spoken to: addresses, frames, and the bytes that mark a delivered message."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

# What is said until a socket takes part: gets each frame that comes, yields what to answer, or None; ready when it
# returns. The first answer is yielded before anything came.
Opening = Generator[str | None, bytes, None]
Exchange = Generator[str | None, bytes, bytes]

# What somebody typed, the same for every server. With the tutorial's `{"message": "…"}` around it: 90 bytes.
BODY = "x" * 75


def no_opening(number: int) -> Opening:
    """Ready with the handshake."""
    yield from ()


def until(marker: bytes) -> Opening:
    """Waits for these bytes."""
    yield from exchange(None, marker)


def exchange(text: str | None, marker: bytes) -> Exchange:
    """Says something and waits for an answer with these bytes; returns all it heard meanwhile."""
    heard = yield text
    while marker not in heard:
        heard += yield None
    return heard


def nothing(number: int) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Dialect:
    # One port a process; sockets go to them in turn.
    ports: tuple[int, ...]
    path: Callable[[int], str]
    # The message that socket number `sender` sends as number `n`.
    frame: Callable[[int, int], str]
    # Bytes that every delivered message has once, and nothing else has.
    marker: bytes
    headers: Callable[[int], dict[str, str]] = nothing
    opening: Callable[[int], Opening] = no_opening
    # A text frame that wants an answer, and the answer (engine.io's heartbeat).
    beat: tuple[bytes, str] | None = None
    # False: no WebSocket, the text goes over TCP as it is (XMPP).
    framed: bool = True
