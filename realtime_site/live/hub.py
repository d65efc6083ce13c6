"""One hub a process: topic -> local sockets. It receives once a process, puts events in order, and fans out.

All hubs share one group of the channel layer, and what waits to be sent leaves as one message, whatever its topics: a
connection, a room, a person cost Redis nothing, and a batch of messages in thirty rooms costs it one PUBLISH
(docs/decisions/0001-one-group-for-all-hubs.md).

Order and loss: the events of a topic that carry a number are delivered contiguously. One that comes too early is held
for a moment; if the gap stays, the missing ones are read from the database, once a worker. Besides, the hub compares
its numbers with the database's every now and then, so that a lost *last* event is found too. So Redis may drop,
reorder, restart: nobody notices more than a delay.

Knows no chat: `settings.LIVE_EVENT_SOURCE` answers for the database.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Set
from contextvars import Context
from importlib import import_module
from time import monotonic
from typing import Any, cast

from channels.layers import get_channel_layer
from django.conf import settings

from realtime_site.live import topics
from realtime_site.live.broadcast import Broadcast
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError
from realtime_site.live.events import Event, EventSource, Told, from_layer, to_layer
from realtime_site.live.meters import meters
from realtime_site.live.outlets import Batch
from realtime_site.live.recheck import Recheck
from realtime_site.live.roll import Roll
from realtime_site.live.subscriber import Subscriber, Translate
from realtime_site.live.topic import Topic

logger = logging.getLogger(__name__)

# How long an event that came too early waits for the missing one: two Redis round trips and a stalled loop, but short
# for a reader.
HOLD_SECONDS = 0.3
# How often heads are compared while anything moved or the layer failed, and otherwise. Invariant: a miss is found
# within 10 s.
BUSY_CHECK_SECONDS = 2.0
IDLE_CHECK_SECONDS = 8.0
# Events that leave as one message of the layer, at most: a few hundred KB.
TOGETHER = 500
# A Redis that does not answer a publish for this long counts as away.
LAYER_SECONDS = 2.0
# Sockets written to before other work of the loop gets its turn: about 2 ms at 3.5 µs each.
SOCKETS_A_SLICE = 500
# After so many writes there is a pause, in which what comes next gathers: it will leave joined, several events in one
# write a socket. One event alone never waits for company.
MANY_SOCKETS = 100
BREATH_SECONDS = 0.001


class Hub:
    """Everything below runs on the event loop; only what ends in `_from_thread` may be called from elsewhere."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.layer = get_channel_layer()
        self.source = cast(EventSource, import_module(settings.LIVE_EVENT_SOURCE))
        self.topics: dict[str, Topic] = {}
        self._recheck = Recheck(self.source)
        self.roll = Roll(self)
        self._broadcast = Broadcast(lambda: self.sockets)
        # What sockets are told once the worker drains.
        self.farewell: str | None = None
        self._listeners: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._outgoing: asyncio.Queue[Event | Told] = asyncio.Queue()
        self._ready: dict[str, Topic] = {}
        # Topics entered since heads were compared, which is done for them first.
        self._entered: set[str] = set()
        self._awake = asyncio.Event()
        self._moved = False
        self._checked_at = monotonic()
        self._tasks: list[asyncio.Task[None]] = []
        self._repairs: dict[str, asyncio.Task[None]] = {}
        self._layer_rests_until = 0.0
        self.beaten_at = monotonic()

    # --- Life ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        for work in (self._receive, self._deliver, self._send, self._watch, self._recheck.run):
            self.spawn(work)
        self.listen(topics.ROLL, self.roll.hear)
        self.listen(topics.RECHECK, lambda message: self._recheck.doubt(message["users"]))
        self.listen(topics.SITE, self._broadcast.hear)

    def spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Runs `work` again and again for as long as the hub lives."""
        # In nobody's course, whoever was the first to want a hub.
        task = self.loop.create_task(self._forever(work), name=f"hub {work.__name__}", context=Context())
        self._tasks.append(task)

    async def stop(self) -> None:
        tasks = [*self._tasks, *self._repairs.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    @property
    def alive(self) -> bool:
        """False when one of its tasks ended or the watch has not come round for long: the worker should get no
        traffic.
        """
        return all(not task.done() for task in self._tasks) and monotonic() - self.beaten_at < 30

    async def _forever(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            try:
                await work()
            except Exception:
                logger.exception("The hub's %s failed; it goes on", work.__name__)
                self._moved = True
                await asyncio.sleep(1)

    @property
    def draining(self) -> bool:
        return self.farewell is not None

    @property
    def sockets(self) -> Set[Subscriber]:
        return self._recheck.sockets

    def came(self, socket: Subscriber, since: float) -> None:
        """A socket is open. From here on it is closed when its person may be here no more. It knocked at `since`."""
        self._recheck.came(socket)
        self._broadcast.greet(socket, since)
        if self.farewell:  # its handshake was on the way when the others were told
            socket.goodbye(self.farewell)

    def left(self, socket: Subscriber) -> None:
        self._recheck.left(socket)

    # --- Subscribing ---------------------------------------------------------------------------------------------

    def attach(
        self, subscriber: Subscriber, topic_name: str, seq: int | None = None
    ) -> tuple[int | None, Batch | None]:
        """Delivers what comes on the topic to the subscriber, from event number `seq` + 1 on.

        `seq` is what the subscriber's snapshot of the topic includes. Returns how far the subscriber will be complete,
        and what was written to others since the snapshot, for the caller to send; where that is no longer at hand the
        number is higher than what the subscriber gets, which tells it to ask.
        """
        topic = self.topics.get(topic_name)
        if topic is None:
            topic = self.topics[topic_name] = Topic(topic_name)
        topic.subscribers.setdefault(subscriber.translate, {})[subscriber] = None
        if seq is None:
            return None, None
        if topic.delivered is None:
            topic.delivered = topic.flushed = seq
            self._entered.add(topic_name)  # what passed by between the snapshot and now, the next look will find
        return self._catch_up(subscriber, topic, seq)

    def detach(self, subscriber: Subscriber, topic_name: str) -> None:
        topic = self.topics.get(topic_name)
        group = topic.subscribers.get(subscriber.translate) if topic else None
        if topic is None or group is None:
            return
        group.pop(subscriber, None)
        if not group:
            del topic.subscribers[subscriber.translate]
        if not topic.subscribers:
            del self.topics[topic_name]
            if topic.gap_timer:
                topic.gap_timer.cancel()

    def listen(self, topic_name: str, listener: Callable[[dict[str, Any]], None]) -> None:
        """Hands messages between workers (`tell`) on a topic to a function of this process."""
        self._listeners[topic_name] = listener

    @staticmethod
    def _catch_up(subscriber: Subscriber, topic: Topic, seq: int) -> tuple[int, Batch | None]:
        missed = topic.since(seq)
        if missed is None:
            return max(seq, topic.flushed), None
        return topic.flushed, Batch(_translated(topic, missed, subscriber.translate))

    # --- Publishing ----------------------------------------------------------------------------------------------

    def publish(self, *events: Event) -> None:
        """Sends events to the hubs of all workers, this one included. Never blocks, never raises."""
        for event in events:
            self._outgoing.put_nowait(event)

    def publish_from_thread(self, *events: Event) -> None:
        self.loop.call_soon_threadsafe(self.publish, *events)

    def tell_from_thread(self, topic_name: str, message: dict[str, Any]) -> None:
        self.loop.call_soon_threadsafe(self.tell, topic_name, message)

    def deliver_here(self, event: Event) -> None:
        """Delivers an event to the sockets of this worker only."""
        self._accept(event)

    def tell(self, topic_name: str, message: dict[str, Any]) -> None:
        """Sends a message to the listeners of all workers, this one included."""
        self._outgoing.put_nowait(Told(topic_name, message))

    async def _send(self) -> None:
        waiting = [await self._outgoing.get()]
        while len(waiting) < TOGETHER and not self._outgoing.empty():
            waiting.append(self._outgoing.get_nowait())
        if await self._sent(to_layer(waiting)):
            return
        for item in waiting:  # the people on this worker hear of it at once; the others' heads tell them
            self._hear(item)

    async def _sent(self, message: dict[str, Any]) -> bool:
        """Tries twice: after a restart of Redis the layer's first publish fails and the second goes through."""
        if monotonic() < self._layer_rests_until:
            return False
        for _ in range(2):
            try:
                async with asyncio.timeout(LAYER_SECONDS):
                    await self.layer.group_send(topics.HUBS, message)
                return True
            except Exception as error:
                self._layer_failed(error)
                if isinstance(error, TimeoutError):
                    break
        self._layer_rests_until = monotonic() + 1
        return False

    def _layer_failed(self, error: Exception) -> None:
        meters.layer_failures += 1
        logger.warning("The channel layer failed (%s: %s); heads will be compared", type(error).__name__, error)
        self._moved = True

    # --- Receiving, ordering -------------------------------------------------------------------------------------

    async def _receive(self) -> None:
        try:
            channel = await self.layer.new_channel("hub")
            await self.layer.group_add(topics.HUBS, channel)
        except Exception as error:
            self._layer_failed(error)
            await asyncio.sleep(0.5)
            return
        while True:
            for _ in range(64):  # what is queued is taken at once and leaves joined; then delivery gets its turn
                for item in from_layer(await self.layer.receive(channel)):
                    self._hear(item)
            await asyncio.sleep(0)

    def _hear(self, item: Event | Told) -> None:
        if isinstance(item, Event):
            if item.first is not None:
                meters.messages += len(item.texts)
            self._accept(item)
        elif item.topic in self._listeners:
            self._listeners[item.topic](item.message)

    def _accept(self, event: Event) -> None:
        topic = self.topics.get(event.topic)
        if topic is None:
            return
        self._moved = self._moved or event.first is not None
        topic.put(event)
        self._progress(topic)

    def _progress(self, topic: Topic) -> None:
        """Delivers what has come to be in order, and watches the gap before what has not."""
        if topic.pending or topic.controls:
            self._wake(topic)
        waits = bool(topic.held) and topic.delivered is not None
        if waits and topic.gap_timer is None:
            topic.gap_timer = self.loop.call_later(HOLD_SECONDS, self._repair, topic)
        elif not waits and topic.gap_timer:
            topic.gap_timer.cancel()
            topic.gap_timer = None

    # --- Delivering ----------------------------------------------------------------------------------------------

    def _wake(self, topic: Topic) -> None:
        self._ready[topic.name] = topic
        self._awake.set()

    async def _deliver(self) -> None:
        await self._awake.wait()
        self._awake.clear()
        ready, self._ready = self._ready, {}
        largest = in_slice = 0
        for topic in ready.values():
            texts, controls = topic.take()
            written = await self._fan_out(topic, texts)
            for control in controls:
                for subscriber in topic.everybody():
                    self._control(subscriber, control)
            largest = max(largest, written)
            in_slice += written + 1  # a topic costs about what a socket does
            if in_slice >= SOCKETS_A_SLICE:  # thousands of topics with a socket each are work as well
                in_slice = 0
                await asyncio.sleep(0)
        if largest >= MANY_SOCKETS:
            await asyncio.sleep(BREATH_SECONDS)

    @staticmethod
    def _control(subscriber: Subscriber, control: tuple[str, str, int]) -> None:
        try:
            subscriber.control(*control)
        except Exception:  # one socket's trouble is not the others'
            logger.exception("A socket could not follow %s", control)

    async def _fan_out(self, topic: Topic, texts: list[tuple[str, bool]]) -> int:
        """One write a socket, whatever the number of events; returns the number of sockets. Plain calls: no task, no
        await, no encoding a socket.
        """
        written = 0
        for translate, group in list(topic.subscribers.items()):
            batch = Batch(_translated(topic, texts, translate))
            if not batch.texts:
                continue
            subscribers = list(group)
            written += len(subscribers)
            meters.deliveries += len(batch.texts) * len(subscribers)
            for start in range(0, len(subscribers), SOCKETS_A_SLICE):
                for subscriber in subscribers[start : start + SOCKETS_A_SLICE]:
                    if subscriber in group:
                        subscriber.outlet.deliver(batch)
                if start + SOCKETS_A_SLICE < len(subscribers):
                    await asyncio.sleep(0)
        return written

    # --- Repairing -----------------------------------------------------------------------------------------------

    def _repair(self, topic: Topic) -> None:
        topic.gap_timer = None
        if topic.name not in self._repairs and topic.delivered is not None:
            task = self.loop.create_task(self._read_missed(topic, topic.delivered))
            self._repairs[topic.name] = task
            task.add_done_callback(lambda _: self._repairs.pop(topic.name, None))

    async def _read_missed(self, topic: Topic, after: int) -> None:
        try:
            missed = await in_database(self.source.since, topic.name, after)
        except ClientError:
            self._moved = True  # the database is away; the next check tries again
            self.loop.call_later(BUSY_CHECK_SECONDS, self._progress, topic)
            return
        if topic.delivered == after and missed.head > after:
            logger.info("Repaired %s: %d to %d read from the database", topic.name, after + 1, missed.head)
            meters.gap_repairs += 1
            topic.repaired(missed)
        topic.release()
        self._progress(topic)

    async def _watch(self) -> None:
        """Compares heads: soon after a topic was joined, often while anything moves or the layer fails, else rarely."""
        await asyncio.sleep(1)
        now = self.beaten_at = monotonic()
        if now - self._checked_at >= (BUSY_CHECK_SECONDS if self._moved else IDLE_CHECK_SECONDS):
            self._checked_at, self._moved = now, False
            await self._compare_heads(self.topics)
        elif self._entered:
            await self._compare_heads(self._entered)

    async def _compare_heads(self, names: Iterable[str]) -> None:
        sequenced = [name for name in names if name in self.topics and self.topics[name].delivered is not None]
        self._entered = set()
        if not sequenced:
            return
        before = {name: self.topics[name].delivered for name in sequenced}
        try:
            heads = await in_database(self.source.heads, sequenced)
        except ClientError:
            self._moved = True
            return
        for name, head in heads.items():
            topic = self.topics.get(name)
            if topic and topic.delivered is not None and topic.delivered < head:
                # It may be on its way; if the topic has not moved a moment later, it is lost.
                self.loop.call_later(HOLD_SECONDS, self._repair_if_still_at, topic, before[name])

    def _repair_if_still_at(self, topic: Topic, seq: int | None) -> None:
        if topic.delivered == seq and self.topics.get(topic.name) is topic:
            self._repair(topic)


def _translated(topic: Topic, texts: list[tuple[str, bool]], translate: Translate | None) -> list[tuple[str, bool]]:
    if translate is None:
        return texts
    result = []
    for text, ephemeral in texts:
        try:
            result += [(other, ephemeral) for other in translate(topic.name, text)]
        except Exception:  # one event that cannot be said does not take the others along
            logger.exception("An event could not be translated")
    return result


_current: Hub | None = None


def hub() -> Hub:
    """The hub of this process, started on first use. Call it on the event loop."""
    global _current
    if _current is None or _current.loop is not asyncio.get_running_loop():
        _current = Hub()
        _current.start()
    return _current


def running_hub() -> Hub | None:
    """The hub of this process, from any thread, or None in a process that has none (a management command)."""
    return _current if _current and _current.loop.is_running() else None
