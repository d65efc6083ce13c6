"""A session's end is its devices' end: whoever logs out gets no more pushes there.

Knows the session engine only by what it stores its rows in. Where it stores none, or somebody deletes them by SQL, the
look before each push (`delivery/facts.py`) is what holds.
"""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.db.models.signals import post_delete

from notifications.services import devices


def connect() -> None:
    engine = import_module(settings.SESSION_ENGINE).SessionStore
    if hasattr(engine, "get_model_class"):
        post_delete.connect(_on_end, sender=engine.get_model_class(), dispatch_uid="notifications.sessions")


def _on_end(instance: Any, **_: Any) -> None:
    devices.remove_of_sessions([instance.session_key])
