"""What several commands ask of their fields."""

from chat.protocol.limits import BODY_CHARACTERS
from realtime_site.live.errors import ClientError
from realtime_site.live.frames import SAFE_INTEGER, check_text


def check_body(body: str) -> None:
    """Raises `ClientError('invalid')` for a body that cannot be a message's."""
    check_text(body, "body")
    if not body.strip():
        raise ClientError("invalid", "The message is empty.")
    if len(body) > BODY_CHARACTERS:
        raise ClientError("invalid", f"The message is longer than {BODY_CHARACTERS:,} characters.")


def check_numbers(*numbers: int) -> None:
    for number in numbers:
        if not 0 <= number <= SAFE_INTEGER:
            raise ClientError("invalid", "Ids and seqs are integers from 0 to 2^53 - 1.")
