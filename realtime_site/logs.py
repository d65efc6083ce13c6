"""How lines of the log look: for people, or JSON for machines. Both carry the ids of the course they belong to.

Links that are keys are told without the key, whoever logs them: Django names the address of what it could not answer.
"""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from realtime_site.live import course

# Whoever reads such an address may do what it is for. tests/unit/test_logs.py compares these with all addresses.
KEYS = re.compile(
    r"(/(?:invite|setup|notifications/unsubscribe|accounts/password/reset/key|accounts/confirm-email)/)[^/\s'\"?]+"
)
# What of `extra=` is told: Django's own has the whole request in it.
FIELDS = ("method", "path", "status", "ms", "bytes", "code", "seconds")
Event = MutableMapping[str, Any]


def hide(text: str) -> str:
    return KEYS.sub(r"\1…", text)


class LineFormatter(logging.Formatter):
    """For people; the ids stand at the end, where there are any."""

    def format(self, record: logging.LogRecord) -> str:
        current = course.current()
        ids = " ".join(f"{name}={value}" for name, value in (current.ids() if current else {}).items())
        text = hide(super().format(record))
        head, newline, rest = text.partition("\n")
        return f"{head} [{ids}]{newline}{rest}" if ids else text


def json_formatter() -> logging.Formatter:
    """One JSON object a line: timestamp, level, logger, event, pid; ids where known; exception as text."""
    import structlog

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(allow=FIELDS),
            _add_ids,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _hide_keys,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _add_ids(logger: object, method: str, event: Event) -> Event:
    event["pid"] = event["_record"].process
    if current := course.current():
        event.update(current.ids())
    return event


def _hide_keys(logger: object, method: str, event: Event) -> Event:
    for name in ("event", "path", "exception"):
        if name in event:
            event[name] = hide(event[name])
    return event


def only_a_line(record: logging.LogRecord) -> bool:
    """A refusal that worked as it should is no error, and needs no traceback."""
    record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
    return True


def configuration(form: str, level: str) -> dict[str, Any]:
    """The dict of LOGGING. `form`: "line" or "json"."""
    if form not in {"line", "json"}:
        raise ImproperlyConfigured(f'LOG_FORMAT is "line" or "json", not {form!r}.')
    access = "INFO" if form == "json" else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"only_a_line": {"()": "django.utils.log.CallbackFilter", "callback": only_a_line}},
        "formatters": {
            "line": {
                "()": "realtime_site.logs.LineFormatter",
                "fmt": "{asctime} {levelname} {name}: {message}",
                "style": "{",
            },
            "json": {"()": "realtime_site.logs.json_formatter"},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "realtime_site": {"level": "INFO"},
            "chat": {"level": "INFO"},
            "notifications": {"level": "INFO"},
            # A line a request and two a socket: for machines, which count them.
            "realtime_site.access": {"level": access},
            "realtime_site.live.access": {"level": access},
            # Who asks the admin's lists for what they may not be filtered by.
            "django.security.DisallowedModelAdminLookup": {"filters": ["only_a_line"]},
            # While Redis is away it logs a traceback a second. The hub says so in one line.
            "channels_redis.pubsub": {"level": "CRITICAL"},
        },
    }
