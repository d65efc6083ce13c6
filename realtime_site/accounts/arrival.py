"""The rooms a person finds on arrival: the one place where accounts speak to chat.

Owns the order of things at signup, login and first run. Knows no membership, message or socket.
"""

from dataclasses import dataclass

from chat.services import invitations, rooms

INVITATION_KEY = "invitation"  # where /invite/<code>/ leaves the code in the session


@dataclass(frozen=True)
class Welcome:
    """What an invitation says to whoever follows it."""

    room: str
    inviter: str


def welcome(code: object) -> Welcome | None:
    """What the invitation with this code, as found in a session, says; None when it no longer works."""
    invitation = invitations.find(code=code) if isinstance(code, str) and code else None
    return Welcome(room=invitation.room.name, inviter=invitation.created_by.name) if invitation else None


def invitation_is_open(code: object) -> bool:
    """Whether this code, as found in a session, lets somebody sign up now."""
    return isinstance(code, str) and bool(code) and invitations.is_open(code=code)


def enter_default_rooms(*, user_id: int) -> None:
    """Make somebody new a member of the rooms that everybody is in. Again is nothing."""
    rooms.join_default_rooms(user_id=user_id)


def accept_invitation(*, code: str, user_id: int) -> str:
    """Join the invitation's room and give its address, also while the site is maintained: who signs up comes with it.

    Raises ClientError when the link no longer works.
    """
    return _path(invitations.accept(code=code, user_id=user_id, arriving=True))


def build_first_rooms(*, owner_id: int) -> None:
    """Make the rooms a new site starts with."""
    rooms.create_default_rooms(owner_id=owner_id)


def first_room_path() -> str:
    return _path(rooms.DEFAULT_ROOMS[0][0])


def _path(slug: str) -> str:
    return f"/rooms/{slug}/"
