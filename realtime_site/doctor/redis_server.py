"""Redis: it answers, soon, and hands through at once what workers tell each other; what it may forget and what not."""

from collections.abc import Iterable
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, cast
from urllib.parse import urlsplit

import redis
from django.conf import settings

from realtime_site.doctor.findings import Finding, NotTriedError, Subject
from realtime_site.doctor.measuring import middle_ms, ms
from realtime_site.doctor.options import Options
from realtime_site.listening import is_loopback
from realtime_site.live import topics

REDIS = Subject("redis")

OLDEST_VERSION = (6, 2)  # older ones get no more security fixes
FAR_MS = 5.0  # each event waits that long, beside the database
# What a worker may be behind before Redis cuts it off. Redis' own 32 MB and 8 MB for 60 s are low for bursts.
BUFFER_BYTES = (256 * 1024**2, 128 * 1024**2)
BUFFER_LINE = "client-output-buffer-limit pubsub 256mb 128mb 30"
CLI = 'redis-cli -u "$REDIS_URL"'
WAIT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Server:
    """`info` is INFO's; `buffers` the hard and soft limit in bytes, None where CONFIG may not be asked; `listeners` the
    workers that hear each other by it.
    """

    info: dict[str, Any]
    ping_ms: float
    round_trip_ms: float
    buffers: tuple[int, int] | None
    listeners: int
    workers: int
    url: str = "redis://127.0.0.1"


def client() -> "redis.Redis":
    wait = {"socket_connect_timeout": WAIT_SECONDS, "socket_timeout": WAIT_SECONDS}
    return redis.Redis.from_url(settings.REDIS_URL, decode_responses=True, **wait)


def require() -> None:
    """Raises NotTriedError where there is no Redis, or none that answers."""
    if not settings.REDIS_URL:
        raise NotTriedError("REDIS_URL is not set.")
    try:
        with client() as asked:
            asked.ping()
    except redis.RedisError as error:
        raise NotTriedError("Redis does not answer.") from error


def look(options: Options) -> Iterable[Finding]:
    if not settings.REDIS_URL:
        return [REDIS.ok("REDIS_URL is not set: one worker needs none.")]
    try:
        with client() as asked:
            return judge(_measured(asked))
    except redis.RedisError as error:
        why = f"People on one worker hear those on another seconds late, from the database. It says: {error}"
        return [REDIS.error("Redis cannot be used.", why, "REDIS_URL=redis://127.0.0.1:6379/0")]


def judge(here: Server) -> list[Finding]:
    found = [*_version(here), *_memory(here), *_disk(here), *_buffers(here), *_distance(here), *_closed(here)]
    times = f"{ms(here.ping_ms)} to answer, {ms(here.round_trip_ms)} to hand an event through"
    said = f"Redis {here.info['redis_version']}; {times}."
    return [*(found or [REDIS.ok(said)]), *_listeners(here)]


def _version(here: Server) -> Iterable[Finding]:
    version = tuple(int(part) for part in str(here.info["redis_version"]).split(".")[:2])
    if version < OLDEST_VERSION:
        why = "It gets no more security fixes."
        yield REDIS.warning(f"Redis is {here.info['redis_version']}.", why, "sudo apt install redis-server")
    if here.info.get("role", "master") != "master":
        why = "What is said to a replica is not heard at the others, and logins cannot be counted."
        yield REDIS.error("This Redis is a replica.", why, "REDIS_URL=redis://the-primary:6379/0")


def _memory(here: Server) -> Iterable[Finding]:
    """Events are no keys, so none is evicted; what counts logins is."""
    limit, policy = int(here.info.get("maxmemory", 0)), here.info.get("maxmemory_policy", "noeviction")
    if not limit:
        return
    if policy == "noeviction":
        why = "When it is full, logins and their failures are no longer counted by all workers together."
        yield REDIS.warning(
            "Redis has a memory limit and evicts nothing.", why, f"{CLI} config set maxmemory-policy volatile-ttl"
        )
    elif policy.startswith("allkeys") or policy == "volatile-random":
        why = "When it is full, it may forget how often somebody has guessed a password."
        yield REDIS.note(f"Redis evicts {policy}.", why, f"{CLI} config set maxmemory-policy volatile-ttl")


def _disk(here: Server) -> Iterable[Finding]:
    if here.info.get("rdb_last_bgsave_status", "ok") != "ok":
        why = "By default it then takes no more writes: logins are not counted."
        yield REDIS.warning("Redis could not save to its disk.", why, f'{CLI} config set save ""')
    if int(here.info.get("aof_enabled", 0)):
        why = "Nothing in it is to be kept, and a slow disk holds up everybody."
        yield REDIS.note("Redis writes a log to disk.", why, f"{CLI} config set appendonly no")


def _buffers(here: Server) -> Iterable[Finding]:
    if here.buffers is None:
        why = f"It may cut off workers in bursts; the service's page should say {BUFFER_LINE!r}."
        yield REDIS.note("This Redis does not tell its limits.", why)
        return
    # 0 is no limit at all.
    if any(0 < there < wanted for there, wanted in zip(here.buffers, BUFFER_BYTES, strict=True)):
        hard, soft = (there >> 20 for there in here.buffers)
        yield REDIS.warning(
            f"Redis cuts off a worker that is {hard} MB behind, or {soft} MB for long.",
            "It happens in bursts, and all its people read from the database what they missed.",
            f'{CLI} config set client-output-buffer-limit "{BUFFER_LINE.partition(" ")[2]}"',
        )


def _distance(here: Server) -> Iterable[Finding]:
    if max(here.ping_ms, here.round_trip_ms) > FAR_MS:
        what = f"Redis takes {ms(here.ping_ms)} to answer, and {ms(here.round_trip_ms)} to hand an event through."
        yield REDIS.warning(
            what, "Everybody hears everything that much later.", "REDIS_URL=redis://a-host-nearby:6379/0"
        )


def _closed(here: Server) -> Iterable[Finding]:
    parts = urlsplit(here.url)
    if parts.hostname and not is_loopback(parts.hostname) and not parts.password:
        yield REDIS.warning(
            "Redis is on another host, and has no password.",
            "Whoever reaches it hears all that is said, private rooms too, and can put words into mouths.",
            f"REDIS_URL=redis://:password@{parts.netloc.rpartition('@')[2]}{parts.path}",
        )


def _listeners(here: Server) -> Iterable[Finding]:
    """One that is about to end listens too, so more than WORKERS are no fault."""
    if here.listeners == 0:
        yield REDIS.note("No worker listens at this Redis.", "None runs, or with another REDIS_URL or REDIS_PREFIX.")
    elif here.listeners < here.workers:
        yield REDIS.warning(
            f"{here.listeners} of {here.workers} workers listen at this Redis.",
            "People on the others hear seconds late, if these run: REDIS_URL and REDIS_PREFIX must be the same.",
            "systemctl status 'realtime-web@*'",
        )


def _measured(asked: "redis.Redis") -> Server:
    layer: dict[str, Any] = settings.CHANNEL_LAYERS["default"]
    group = f"{layer.get('CONFIG', {}).get('prefix', 'asgi')}__group__{topics.HUBS}"
    [(_, listeners)] = cast(Any, asked).pubsub_numsub(group)
    return Server(
        info=asked.info(),
        ping_ms=middle_ms(asked.ping),
        round_trip_ms=_round_trip_ms(asked),
        buffers=_asked_for_buffers(asked),
        listeners=int(listeners),
        workers=settings.WORKERS,
        url=settings.REDIS_URL,
    )


def _round_trip_ms(asked: "redis.Redis") -> float:
    """From a publish until a subscriber on a connection of its own has it."""
    channel = f"confab-doctor-{token_hex(8)}"
    with cast(Any, asked).pubsub() as hearing:  # redis-py has no types there
        hearing.subscribe(channel)
        hearing.get_message(timeout=WAIT_SECONDS)

        def there_and_back() -> None:
            asked.publish(channel, "?")
            if hearing.get_message(timeout=WAIT_SECONDS) is None:
                raise redis.TimeoutError("An event did not come back.")

        return middle_ms(there_and_back)


def _asked_for_buffers(asked: "redis.Redis") -> tuple[int, int] | None:
    try:
        told = cast(Any, asked).config_get("client-output-buffer-limit")
    except redis.ResponseError:  # services that are run for one often forbid it
        return None
    return buffers_in(str(told.get("client-output-buffer-limit", "")))


def buffers_in(line: str) -> tuple[int, int] | None:
    """Hard and soft limit of pubsub in `normal 0 0 0 slave … pubsub 33554432 8388608 60`."""
    words = line.split()
    if "pubsub" not in words:
        return None
    at = words.index("pubsub")
    return int(words[at + 1]), int(words[at + 2])
