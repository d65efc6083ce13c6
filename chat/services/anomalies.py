"""Writes down what should not be: a client's list of a room that is not as it should. And forgets it, after a while."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from chat.models import Anomaly, Membership

EXPLANATION_CHARACTERS = 300
# A release has shown by then what it does; who makes rows up fills no table for ever.
KEPT_DAYS = 90


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


def old(now: datetime | None = None) -> QuerySet[Anomaly]:
    """What nobody looks into any more."""
    return Anomaly.objects.filter(at__lt=(now or timezone.now()) - timedelta(days=KEPT_DAYS))
