"""Telling the sockets, once the database has it."""

from typing import Any

from django.db import transaction

from realtime_site.live import topics
from realtime_site.live.courier import courier
from realtime_site.live.events import Event, Told
from realtime_site.live.hub import running_hub


def publish_on_commit(*events: Event) -> None:
    """Publishes when the current transaction commits, and never if it does not.

    Raises nothing: a lost event is repaired by the hubs.
    """
    transaction.on_commit(lambda: publish(*events), robust=True)


def publish(*events: Event) -> None:
    """From any thread. In a process without sockets (a command, a job) they go straight to the layer."""
    hub = running_hub()
    if hub:
        hub.publish_from_thread(*events)
    else:
        courier().send(events)


def recheck_on_commit(*user_ids: int) -> None:
    """These people's sessions, tokens, names or rights changed: their sockets are looked at within a second.

    Without it, or where the layer loses it, within five (`live/recheck.py`). Raises nothing.
    """
    tell_on_commit(topics.RECHECK, {"users": list(user_ids)})


def broadcast_on_commit(text: str) -> None:
    """A finished wire text for every socket of every worker, when the current transaction commits. Raises nothing; it
    may be lost.
    """
    tell_on_commit(topics.SITE, {"text": text})


def tell_on_commit(topic: str, message: dict[str, Any]) -> None:
    """Tells all workers something when the current transaction commits. Raises nothing; it may be lost."""
    transaction.on_commit(lambda: _tell(topic, message), robust=True)


def _tell(topic: str, message: dict[str, Any]) -> None:
    hub = running_hub()
    if hub:
        hub.tell_from_thread(topic, message)
    else:
        courier().send([Told(topic, message)])
