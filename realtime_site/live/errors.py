"""The one exception meant for clients."""

from typing import Literal

Code = Literal[
    "bad_frame",
    "unknown_type",
    "invalid",
    "not_found",
    "forbidden",
    "conflict",
    "rate_limited",
    "unavailable",
    "internal",
]


class ClientError(Exception):
    """What went wrong, in words and a code that a client may act on. `retry_after` is in seconds."""

    def __init__(self, code: Code, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.code: Code = code
        self.detail = detail
        self.retry_after = retry_after
