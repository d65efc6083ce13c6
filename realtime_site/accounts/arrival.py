"""The rooms a person finds on arrival: the one place where accounts speak to chat.

Owns the order of things at signup, login and first run. Knows no membership, message or socket.
"""

INVITATION_KEY = "invitation"  # where /invite/<code>/ leaves the code in the session
FIRST_ROOM = "general"


def invitation_is_open(code: object) -> bool:
    """Whether this code, as found in a session, lets somebody sign up now."""
    from chat.services import invitations

    return isinstance(code, str) and bool(code) and invitations.is_open(code=code)


def enter_default_rooms(*, user_id: int) -> None:
    """Make somebody new a member of the rooms that everybody is in. Again is nothing."""
    from chat.services import rooms

    rooms.join_default_rooms(user_id=user_id)


def accept_invitation(*, code: str, user_id: int) -> str:
    """Join the invitation's room and give its address. Raises ClientError when the link no longer works."""
    from chat.services import invitations

    return room_path(invitations.accept(code=code, user_id=user_id))


def build_first_rooms(*, owner_id: int) -> str:
    """Make the rooms a new site starts with and give the address of the first."""
    from chat.services import rooms

    rooms.create_default_rooms(owner_id=owner_id)
    return room_path(FIRST_ROOM)


def room_path(slug: str) -> str:
    return f"/rooms/{slug}/"
