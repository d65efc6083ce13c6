"""What may come of a delivery, in the words that are stored and shown. A closed list: nothing a server says gets in."""

from enum import StrEnum


class Outcome(StrEnum):
    # Sent.
    TAKEN = "taken by the push service"
    MAILED = "mailed"
    # Skipped: what was decided holds no more.
    READ = "read before it was sent"
    SEEN = "seen in the inbox before it was sent"
    WITHDRAWN = "its cause was gone before it was sent"
    ACCOUNT_CLOSED = "the account is closed"
    ACTIVE = "you were active for an hour"
    DEVICE_REMOVED = "the device was removed"
    DEVICE_MOVED = "the device is somebody else's now"
    SIGNED_OUT = "the device's session has ended"
    REPLACED = "something newer stands there"
    NO_ADDRESS = "there is no verified e-mail address"
    MAIL_OFF = "e-mail was switched off"
    # Failed, or to be tried again.
    GONE = "the device takes no more pushes"
    REFUSED = "refused by the push service"
    FORBIDDEN = "the push service has no public address"
    NOT_SET_UP = "the site has no key for Web Push"
    BUSY = "the push service was busy"
    UNREACHABLE = "the push service did not answer"
    MAIL_REFUSED = "refused by the mail server"
    MAIL_UNREACHABLE = "the mail server did not take it"
    BROKEN = "a fault of the server"
