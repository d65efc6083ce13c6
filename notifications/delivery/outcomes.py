"""What may come of a delivery: the sentences that are stored, and shown after the rule. A closed list, so that nothing
a server says gets in.
"""

from enum import StrEnum


class Outcome(StrEnum):
    # Sent.
    TAKEN = "The push service took it."
    MAILED = "The mail server took it."
    # Skipped: what was decided holds no more.
    READ = "It was read before it was sent."
    SEEN = "It was seen in the inbox before it was sent."
    WITHDRAWN = "What it was about was gone before it was sent."
    BLOCKED = "You have blocked whoever did it."
    LEVEL = "You chose to hear less of where it happened before it was sent."
    SWITCHED_OFF = "You switched this kind off for this channel before it was sent."
    QUIET = "It would have come in your quiet hours."
    ACCOUNT_CLOSED = "The account is closed."
    ACTIVE = "You were active for an hour."
    DEVICE_REMOVED = "The device was removed."
    DEVICE_MOVED = "Somebody else uses the device now."
    SIGNED_OUT = "You are no longer logged in on the device."
    REPLACED = "Something newer stands in its place."
    NO_ADDRESS = "There was no confirmed e-mail address."
    MAIL_OFF = "E-mail was switched off."
    # Failed, or to be tried again.
    GONE = "The device takes no more pushes."
    REFUSED = "The push service refused it."
    FORBIDDEN = "The push service has no public address."
    NOT_SET_UP = "The site has no key for Web Push."
    BUSY = "The push service was busy."
    UNREACHABLE = "The push service did not answer."
    MAIL_REFUSED = "The mail server refused it."
    MAIL_UNREACHABLE = "The mail server did not take it."
    BROKEN = "A fault of the server."
