"""Telling the sockets, once the database has it."""

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from realtime_site.live import topics
from realtime_site.live.events import Event, to_layer
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
        async_to_sync(get_channel_layer().group_send)(topics.HUBS, to_layer(events))
