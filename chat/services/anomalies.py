"""Writes down what should not be: a client's list of a room that is not as it should."""

from chat.models import Anomaly, Membership

EXPLANATION_CHARACTERS = 300


def record(*, kind: str, room_id: int, user_id: int, first: int, last: int, worker: str, explanation: str) -> None:
    """For members alone: a room's row is not for whoever names its id."""
    if Membership.objects.filter(room_id=room_id, user_id=user_id).exists():
        Anomaly.objects.create(
            kind=kind,
            room_id=room_id,
            user_id=user_id,
            first=first,
            last=last,
            worker=worker[:80],
            explanation=explanation[:EXPLANATION_CHARACTERS],
        )
