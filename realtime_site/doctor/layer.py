"""The channel layer, by which workers tell each other what was said: the right one, with the options it needs."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from realtime_site.doctor.findings import Finding, Subject
from realtime_site.doctor.options import Options

LAYER = Subject("layer")

PUBSUB = "channels_redis.pubsub.RedisPubSubChannelLayer"
MEMORY = "channels.layers.InMemoryChannelLayer"
# Events that may wait for a hub that is busy for a second.
CAPACITY = 10_000
# The layer forgets a group that nobody has joined for so long; hubs join once, and run for months.
GROUP_SECONDS = 365 * 86_400
AS_SHIPPED = "git checkout realtime_site/settings.py"


def look(options: Options) -> Iterable[Finding]:
    return judge(settings.CHANNEL_LAYERS.get("default", {}), workers=settings.WORKERS)


def judge(layer: dict[str, Any], *, workers: int) -> list[Finding]:
    backend, config = layer.get("BACKEND", ""), layer.get("CONFIG", {})
    if backend == PUBSUB:
        return [*_pubsub(config)] or [LAYER.ok("Redis' publish and subscribe.")]
    if backend == MEMORY:
        return [*_memory(config, workers)] or [LAYER.ok("In memory, for one worker.")]
    return [
        LAYER.error(
            f"The channel layer is {backend or 'not set'}.",
            "Confab is made for publish and subscribe: others keep lists, and these overflow.",
            AS_SHIPPED,
        )
    ]


def _pubsub(config: dict[str, Any]) -> Iterable[Finding]:
    for host in config.get("hosts", [{}]):
        options = host if isinstance(host, dict) else {}
        if options.get("socket_timeout", 0) is not None:
            why = "redis-py ends a subscription that hears nothing for 5 s: at night each event is heard seconds late."
            yield LAYER.error("socket_timeout is not None.", why, AS_SHIPPED)
        if not options.get("health_check_interval"):
            why = "A connection that died without a word is noticed only when TCP gives up, after a quarter of an hour."
            yield LAYER.warning("health_check_interval is not set.", why, AS_SHIPPED)


def _memory(config: dict[str, Any], workers: int) -> Iterable[Finding]:
    if workers > 1:
        yield LAYER.error(
            f"{workers} workers have no Redis.",
            "Each is an island: people on one hear those on another only when the database is read, seconds later.",
            "REDIS_URL=redis://127.0.0.1:6379/0",
        )
    if config.get("capacity", 100) < CAPACITY:
        why = "In a burst the layer drops what exceeds it without a word."
        yield LAYER.error(f"The layer's capacity is {config.get('capacity', 100)}.", why, AS_SHIPPED)
    if config.get("group_expiry", 86_400) < GROUP_SECONDS:
        why = "The layer then forgets the hub, and everybody hears everything seconds late."
        yield LAYER.error("The layer's group_expiry is shorter than a year.", why, AS_SHIPPED)
