"""This machine's clock: the same as its servers', and kept right by somebody."""

import ctypes
import time
from collections.abc import Callable, Iterable

from django.db import Error, connection

from realtime_site.doctor import redis_server
from realtime_site.doctor.findings import Finding, NotTriedError, Subject
from realtime_site.doctor.options import Options

CLOCK = Subject("clock")

# Deliverers' leases and people's "a minute ago" bear a second; codes of two-factor logins 30 (MFA_TOTP_TOLERANCE).
ODD_SECONDS, WRONG_SECONDS = 1.0, 30.0
SET_NTP = "sudo timedatectl set-ntp true"
TIME_ERROR = 5  # adjtimex(2): nobody keeps it right
TIMEX_BYTES = 512  # struct timex has 208; all zero, it only asks


def look(options: Options) -> Iterable[Finding]:
    apart = {"the database server": _apart(_of_database), "Redis": _apart(_of_redis)}
    return judge({name: seconds for name, seconds in apart.items() if seconds is not None}, is_kept=is_kept())


def judge(apart: dict[str, float], *, is_kept: bool | None) -> list[Finding]:
    """`apart`: how many seconds each is ahead of us. `is_kept`: whether anything sets ours; None: no telling."""
    found = []
    for name, seconds in apart.items():
        if abs(seconds) > ODD_SECONDS:
            what = f"The clock of {name} is {abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} ours."
            why = "Codes of two-factor logins fail, and what is due is sent early, late, or twice."
            say = CLOCK.error if abs(seconds) > WRONG_SECONDS else CLOCK.warning
            found.append(say(what, why, SET_NTP))
    if is_kept is False:
        why = "It drifts by seconds a week; codes of two-factor logins bear 30."
        found.append(CLOCK.warning("Nothing keeps this machine's clock right.", why, SET_NTP))
    agrees = (
        f"Agrees with {' and '.join(apart)} to {max(map(abs, apart.values())):.2f} s"
        if apart
        else "Nobody to compare with"
    )
    return found or [CLOCK.ok(f"{agrees}{'; kept right' if is_kept else ''}.")]


def is_kept() -> bool | None:
    """What the kernel says: it knows whether something like NTP has set the clock lately."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != TIME_ERROR


def _apart(ask: Callable[[], float | None]) -> float | None:
    """How far a clock is ahead of ours at the middle of asking; an answer within that time is no difference."""
    before = time.time()
    there = ask()
    after = time.time()
    if there is None:
        return None
    off, doubt = there - (before + after) / 2, (after - before) / 2
    return 0.0 if abs(off) <= doubt else off


def _of_database() -> float | None:
    if connection.vendor != "postgresql":
        return None
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            return float(cursor.fetchone()[0])
    except Error:
        return None


def _of_redis() -> float | None:
    try:
        redis_server.require()
    except NotTriedError:
        return None
    with redis_server.client() as asked:
        seconds, microseconds = asked.time()
        return float(seconds + microseconds / 1_000_000)
