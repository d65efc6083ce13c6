"""Whether what was decided when a notification was written still holds when it is sent. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from notifications.delivery.outcomes import Outcome
from notifications.policy import is_active

POSTPONE = timedelta(seconds=60)
# A close that lets a push go first, which is on its way or due.
POSTPONE_CLOSE = timedelta(seconds=5)
# Somebody who is there for an hour and has not looked does not want to be called.
POSTPONE_AT_MOST = timedelta(hours=1)

Purpose = Literal["show", "close", "test"]
DeviceState = Literal["there", "removed", "moved", "signed_out"]
_DEVICE_OUTCOMES: dict[DeviceState, Outcome] = {
    "removed": Outcome.DEVICE_REMOVED,
    "moved": Outcome.DEVICE_MOVED,
    "signed_out": Outcome.SIGNED_OUT,
}


class Standing(NamedTuple):
    """What has become of a notification, and of its person's wish to hear of such by this channel."""

    withdrawn: bool = False
    # It was written anew since: that has rows of its own, if it is to be sent.
    renewed: bool = False
    read: bool = False
    seen: bool = False
    blocked: bool = False
    level_against: bool = False
    switched_off: bool = False


NOTHING_NEW = Standing()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true at this moment of one push. Of a test and a close only the person and the device matter."""

    now: datetime
    created_at: datetime
    purpose: Purpose
    account_open: bool
    device: DeviceState
    standing: Standing = NOTHING_NEW
    quiet: bool = False
    # For a close: the device got another with the same tag later, which is unread; or one is about to go there.
    replaced: bool = False
    overtaken: bool = False
    active_at: datetime | None = None
    push_while_active: bool = False


class Verdict(NamedTuple):
    """`outcome` says why not, of a skip."""

    do: Literal["send", "skip", "postpone"]
    outcome: Outcome | None = None


SEND = Verdict("send")


def of_push(facts: Facts) -> Verdict:
    if not facts.account_open:
        return Verdict("skip", Outcome.ACCOUNT_CLOSED)
    if facts.device != "there":
        return Verdict("skip", _DEVICE_OUTCOMES[facts.device])
    if facts.purpose == "close":
        return _of_close(facts)
    return _of_show(facts) if facts.purpose == "show" else SEND


def _of_show(facts: Facts) -> Verdict:
    if outcome := of_notification(facts.standing):
        return Verdict("skip", outcome)
    if facts.quiet:
        return Verdict("skip", Outcome.QUIET)
    if not facts.push_while_active and is_active(facts.active_at, facts.now):
        if facts.now - facts.created_at >= POSTPONE_AT_MOST:
            return Verdict("skip", Outcome.ACTIVE)
        return Verdict("postpone")
    return SEND


def _of_close(facts: Facts) -> Verdict:
    """A close takes away whatever has its tag: it must not arrive after what is to stay."""
    if facts.replaced:
        return Verdict("skip", Outcome.REPLACED)
    return Verdict("postpone") if facts.overtaken else SEND


# In the order in which they are asked: the first that is true is the one that is told.
_OUTCOMES = (
    Outcome.WITHDRAWN,
    Outcome.REPLACED,
    Outcome.READ,
    Outcome.SEEN,
    Outcome.BLOCKED,
    Outcome.LEVEL,
    Outcome.SWITCHED_OFF,
)


def of_notification(standing: Standing) -> Outcome | None:
    """Why it needs no push and no e-mail any more; None where it does."""
    return next((outcome for is_so, outcome in zip(standing, _OUTCOMES, strict=True) if is_so), None)


def of_mail(*, account_open: bool, has_address: bool, wanted: bool) -> Outcome | None:
    """Why a person gets no e-mail now; None where they do."""
    if not account_open:
        return Outcome.ACCOUNT_CLOSED
    if not wanted:
        return Outcome.MAIL_OFF
    return None if has_address else Outcome.NO_ADDRESS
