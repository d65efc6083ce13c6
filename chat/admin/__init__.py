"""Chat in Django's admin. What changes something goes through services: sockets hear of it, the log has it."""

from chat.admin import anomalies, lists, maintenance, people, reports, rooms  # noqa: F401  they register their models
