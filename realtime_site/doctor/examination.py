"""All subjects, one after the other, each in a time of its own; what breaks while looking is a finding too."""

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from django.db import connections

from realtime_site.doctor import (
    clock,
    database,
    deliveries,
    deploy,
    disk,
    layer,
    limits,
    mail,
    proxy,
    push,
    redis_server,
    settings,
    sockets,
    static,
)
from realtime_site.doctor.findings import Finding, NotTriedError, Subject
from realtime_site.doctor.options import Options

# What answers at all answers in a second; a server that hangs must not hold up the rest.
SECONDS = 10.0

Look = Callable[[Options], Iterable[Finding]]
Progress = Callable[[str], None]


class Probe(NamedTuple):
    """`doing` completes "Looking at …"."""

    subject: Subject
    doing: str
    look: Look


PROBES: Sequence[Probe] = (
    Probe(settings.SETTINGS, "the settings", settings.look),
    Probe(deploy.DEPLOY, "what Django checks", deploy.look),
    Probe(database.DATABASE, "the database", database.look),
    Probe(database.MIGRATIONS, "the migrations", database.look_at_migrations),
    Probe(redis_server.REDIS, "Redis", redis_server.look),
    Probe(layer.LAYER, "the channel layer", layer.look),
    Probe(proxy.PROXY, "the way through SITE_URL", proxy.look),
    Probe(sockets.SOCKETS, "sockets through SITE_URL", sockets.look),
    Probe(push.PUSH, "the key for pushes", push.look),
    Probe(mail.MAIL, "the mail server", mail.look),
    Probe(deliveries.DELIVERIES, "the outbox", deliveries.look),
    Probe(static.STATIC, "static files", static.look),
    Probe(disk.DISK, "the disk", disk.look),
    Probe(clock.CLOCK, "the clock", clock.look),
    Probe(limits.LIMITS, "what the machine grants", limits.look),
)
SUBJECTS = [probe.subject.name for probe in PROBES]


def examine(
    options: Options,
    only: Sequence[str],
    progress: Progress,
    probes: Sequence[Probe] = PROBES,
    seconds: float = SECONDS,
) -> list[Finding]:
    """What is found at the subjects in `only`, at all where it is empty. A probe may take `seconds`, and the silence it
    was told to wait for."""
    wanted = [probe for probe in probes if not only or probe.subject.name in only]
    found: list[Finding] = []
    for number, probe in enumerate(wanted, 1):
        progress(f"{number} of {len(wanted)} · {probe.doing} …")
        found += _within(probe, options, seconds + options.idle_seconds)
    return found


def _within(probe: Probe, options: Options, seconds: float) -> list[Finding]:
    """In a thread: what hangs cannot be ended, only left behind. The process may end without it."""
    answers: queue.SimpleQueue[list[Finding]] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(_found(probe, options)), name=probe.subject.name, daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except queue.Empty:
        what = f"Looking at {probe.doing} took more than {seconds:.0f} s."
        return [probe.subject.error(what, "What hangs for us hangs for people.", _again(probe))]


def _found(probe: Probe, options: Options) -> list[Finding]:
    try:
        return list(probe.look(options))
    except NotTriedError as reason:
        return [probe.subject.note("Not looked at.", str(reason))]
    except Exception as error:
        what = f"Looking at {probe.doing} failed: {type(error).__name__}, {' '.join(str(error).split())}."
        return [probe.subject.error(what, "It is either broken, or a fault of this command.", _again(probe))]
    finally:
        connections.close_all()


def _again(probe: Probe) -> str:
    return f".venv/bin/python manage.py doctor --only {probe.subject.name}"
