"""Close codes of the protocol and what each asks of a client. Pure; `static/js/live/closing.js` is its mirror."""

from enum import IntEnum


class Close(IntEnum):
    """44xx: stay closed until the cause is gone. 45xx: reconnect with backoff. Private range of RFC 6455 §7.4.2."""

    BAD_FRAMES = 4400
    LOGGED_OUT = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    SUBPROTOCOL = 4406
    TOO_BIG = 4413
    FLOODING = 4429
    INTERNAL = 4500
    DRAINING = 4503
    NO_HEARTBEAT = 4504
    TOO_SLOW = 4508

    @property
    def reconnect(self) -> bool:
        return self >= 4500
