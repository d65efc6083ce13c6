"""What an answer means, when to try again, when to give up. Pure: time and chance come from outside."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random
from typing import Literal, NamedTuple

from notifications.delivery.outcomes import Outcome

# 5, 10, 20, 40 s … on average: a push service that restarts is back by then; one that is down is asked each hour.
FIRST_SECONDS = 10.0
LONGEST_SECONDS = 2 * 3600.0
# With these pauses the fortieth try comes thirty hours after the first, give or take three: a mail server may be away
# for a day. Tries are counted, not days: a letter may be a week old before its first, and a deliverer may have stood
# still for as long.
MOST_ATTEMPTS = 40
# Of what is worth nothing any more: twenty minutes, on average.
STALE_ATTEMPTS = 8
LONGEST_RETRY_AFTER_SECONDS = 86_400.0

Meaning = Literal["sent", "failed", "gone", "later"]


class Answer(NamedTuple):
    """What came of one try. `retry_after` is in seconds. `reached`: the other side answered as one that works would."""

    meaning: Meaning
    outcome: Outcome
    retry_after: float | None = None
    reached: bool = True


UNREACHABLE = Answer("later", Outcome.UNREACHABLE, reached=False)
BROKEN = Answer("later", Outcome.BROKEN)  # whoever runs the site may mend it meanwhile
FORBIDDEN = Answer("failed", Outcome.FORBIDDEN)


def read_answer(status: int, retry_after: str | None, now: datetime) -> Answer:
    """What a push service means by a status (RFC 8030 §5, RFC 9110 §15). A redirect is a refusal: none is followed."""
    if 200 <= status < 300:
        return Answer("sent", Outcome.TAKEN)
    if status in {404, 410}:
        return Answer("gone", Outcome.GONE)
    if status in {408, 425, 429} or status >= 500:
        return Answer("later", Outcome.BUSY, read_retry_after(retry_after, now), reached=status == 429)
    return Answer("failed", Outcome.REFUSED)


def read_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds, of seconds or of a date, at most a day; None where it says nothing."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:10])
    else:
        try:
            then = parsedate_to_datetime(text)
        except (TypeError, ValueError, IndexError, OverflowError):
            return None
        seconds = (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def is_given_up(*, attempts: int, is_stale: bool) -> bool:
    """Whether so many tries are enough. `is_stale`: it has come to be worth less than the trouble."""
    return attempts >= (STALE_ATTEMPTS if is_stale else MOST_ATTEMPTS)


def next_try(*, attempts: int, now: datetime, retry_after: float | None, dice: Random) -> datetime:
    """When to try again after that many attempts."""
    # Full jitter: what failed together does not come back together.
    seconds = dice.uniform(0, min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(max(0, attempts - 1), 20)))
    if retry_after is not None:
        seconds = retry_after + min(seconds, FIRST_SECONDS)
    return now + timedelta(seconds=seconds)
