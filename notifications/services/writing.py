"""Writing notifications: facts, decision, numbers, rows, what is to be sent, and word to the sockets.

One transaction a thousand people or fewer, or the caller's; at most a dozen statements in each, however many they are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from notifications import facts, policy, protocol, sql, wire
from notifications.catalogue import is_mention
from notifications.kinds import Kind
from notifications.models import Notification
from notifications.policy import Decision
from notifications.services import outbox
from notifications.services.publishing import tell_on_commit
from notifications.stories import Story, Telling

# People decided for together, and written for in one transaction unless the caller wants smaller ones.
CHUNK = 1_000

Devices = Mapping[int, Sequence[facts.PushDevice]]
Actors = Mapping[int, protocol.Actor]


class Copy(NamedTuple):
    """A story on its way to one person."""

    user_id: int
    story: Story
    blocked: bool


@dataclass(slots=True)
class Written:
    """A copy, and what was decided about it. `seq`: its number in the person's inbox, if it is shown there. `pk`: that
    of the row whose place it takes, if it does.
    """

    copy: Copy
    why: dict[str, Any]
    decision: Decision
    seq: int | None = None
    pk: int | None = None

    @property
    def shown(self) -> bool:
        return self.decision["app"].outcome != "skip"


def write(
    tellings: Sequence[Telling],
    *,
    actors: Actors | None = None,
    together: int = CHUNK,
    between: Callable[[int], None] | None = None,
) -> int:
    """Writes what is new of it, and returns how much that was. People who do not exist are left out.

    `actors`: how those who act are shown, where the caller knows; else it is read. Raises ValueError for an actor who
    does not exist.

    Of several with one `dedupe_key` a person gets the first, as long as it stands: one that was withdrawn is renewed,
    with the next number, and so is one that was no mention by one that is. `together`: how many at most are written in
    one transaction. `between` is called with the number of people done: after each transaction, and before the first of
    a thousand people, who have just been looked at.
    """
    written = done = 0
    if actors is None:
        actors = _actors({telling.story.actor_id for telling in tellings if telling.story.actor_id is not None})
    for chunk in _chunks(tellings):
        now = timezone.now()
        # Everything that can be is done before the transaction: on SQLite nobody else writes while it lasts.
        decided, devices = _decided(chunk, now)
        at_once = _nobody_has(decided)
        if between:
            between(done)
        for start in range(0, len(decided), together):
            portion = decided[start : start + together]
            written += _stored(portion, devices, actors, now, at_once=at_once)
            done += len(portion)
            if between:
                between(done)
    return written


def _chunks(tellings: Sequence[Telling]) -> Iterator[list[Copy]]:
    """In the order of people, so that inboxes are locked in the same order by everybody."""
    copies = sorted(
        (
            Copy(user_id, telling.story, user_id in telling.ignored_by)
            for telling in tellings
            for user_id in set(telling.user_ids)
        ),
        key=lambda copy: copy.user_id,
    )
    for start in range(0, len(copies), CHUNK):
        yield copies[start : start + CHUNK]


def _decided(copies: Sequence[Copy], now: datetime) -> tuple[list[Written], Devices]:
    people = facts.people_of({copy.user_id for copy in copies})
    gathered = facts.gather(people, {copy.story for copy in copies}, now)
    rows, decided = list[Written](), dict[tuple[Kind, policy.Facts], tuple[dict[str, Any], Decision]]()
    for copy in copies:
        if copy.user_id not in people:
            continue
        known = gathered.of(copy.user_id, copy.story, blocked=copy.blocked)
        key = copy.story.kind, known
        if key not in decided:  # most of a thousand people are alike
            decision = policy.decide(*key)
            decided[key] = policy.remembered(decision, known), decision
        rows.append(Written(copy, *decided[key]))
    return rows, gathered.devices


def _stored(rows: list[Written], devices: Devices, actors: Actors, now: datetime, *, at_once: bool) -> int:
    """In a transaction. No savepoint: inside a caller's either all is stored or nothing."""
    if at_once and _takes_one_each(rows):
        try:
            with transaction.atomic(savepoint=False):
                return _send(_place(rows, now), devices, actors, now)
        except IntegrityError:  # somebody was told by the same key just now
            if connection.in_atomic_block:
                raise
    with transaction.atomic(savepoint=False):
        heads = sql.lock_inboxes(row.copy.user_id for row in rows)
        rows = _new([row for row in rows if row.copy.user_id in heads])
        _number(rows, heads)
        _store(rows, now)
        return _send(rows, devices, actors, now)


def _send(rows: list[Written], devices: Devices, actors: Actors, now: datetime) -> int:
    items = (outbox.Item(row.pk, row.copy.user_id, row.copy.story.tag, row.decision) for row in rows if row.pk)
    outbox.send(items, devices, now)
    _tell(rows, actors, now)
    return len(rows)


def _nobody_has(rows: Sequence[Written]) -> bool:
    """Whether no inbox need be read under its lock: there are no keys, or nobody has been told by one of them. In a
    caller's transaction, where one could not try again, only the former.
    """
    keys = _keys(rows)
    if not keys or connection.in_atomic_block:
        return not keys
    return not _told(rows, keys).exists()


def _takes_one_each(rows: Sequence[Written]) -> bool:
    """Whether each takes the next number of an inbox of its own: the usual case, all in one statement."""
    return all(row.shown for row in rows) and len({row.copy.user_id for row in rows}) == len(rows)


def _place(rows: list[Written], now: datetime) -> list[Written]:
    """Stores them. Those whose people are gone are left out."""
    placed = sql.insert_next([_columns(row, now) for row in rows])
    known = ((row, placed.get(row.copy.user_id)) for row in rows)
    return [replace(row, pk=place.pk, seq=place.seq) for row, place in known if place]


def _store(rows: list[Written], now: datetime) -> None:
    renewed = [row for row in rows if row.pk is not None]
    fresh = [row for row in rows if row.pk is None]
    if renewed:
        sql.renew([_numbered(row, now) | {"id": row.pk} for row in renewed])
        outbox.drop([row.pk for row in renewed if row.pk])
    for row, pk in zip(fresh, sql.insert(Notification, [_numbered(row, now) for row in fresh]), strict=True):
        row.pk = pk


class Standing(NamedTuple):
    """What a person has got already by a key."""

    pk: int
    kind: str
    seq: int | None
    withdrawn_at: datetime | None

    def gives_way(self, to: Written) -> bool:
        if self.seq is not None and not to.shown:
            return False  # pages that hold it would not hear that it has no number any more
        return self.withdrawn_at is not None or (to.copy.story.kind.mention and not is_mention(self.kind))


def _new(rows: list[Written]) -> list[Written]:
    """Those the person has not got yet, or whose row gives way. One query, under the lock of their inboxes, if any has
    a key.
    """
    keys = _keys(rows)
    if not keys:
        return rows
    values = _told(rows, keys).values_list("user", "dedupe_key", *Standing._fields)
    known = {(user, key): Standing(*rest) for user, key, *rest in values}
    result, taken = list[Written](), set[tuple[int, str]]()
    for row in rows:
        if row.copy.story.dedupe_key is not None:
            key = row.copy.user_id, row.copy.story.dedupe_key
            standing = known.get(key)
            if key in taken or (standing and not standing.gives_way(row)):
                continue
            taken.add(key)
            row.pk = standing.pk if standing else None
        result.append(row)
    return result


def _keys(rows: Sequence[Written]) -> set[str]:
    return {row.copy.story.dedupe_key for row in rows if row.copy.story.dedupe_key is not None}


def _told(rows: Sequence[Written], keys: Set[str]) -> QuerySet[Notification]:
    people = sorted({row.copy.user_id for row in rows})
    return Notification.objects.order_by().filter(user__in=people, dedupe_key__in=keys)


def _number(rows: Sequence[Written], heads: Mapping[int, int]) -> None:
    """Gives those that are shown the next numbers of their inboxes."""
    taken: dict[int, int] = {}
    for row in rows:
        if row.shown:
            user_id = row.copy.user_id
            row.seq = taken[user_id] = taken.get(user_id, heads[user_id]) + 1
    sql.store_heads(taken)


def _numbered(row: Written, now: datetime) -> dict[str, Any]:
    return _columns(row, now) | {"seq": row.seq, "changed": row.seq}


def _columns(row: Written, now: datetime) -> dict[str, Any]:
    story = row.copy.story
    return {
        "user_id": row.copy.user_id,
        "kind": story.kind.name,
        "actor_id": story.actor_id,
        "target": story.target,
        "scope": story.scope,
        "position": story.position,
        "tag": story.tag,
        "title": story.title,
        "body": story.body,
        "url": story.url,
        "dedupe_key": story.dedupe_key,
        "shown": row.shown,
        "why": row.why,
        "created_at": now,
    }


def _tell(rows: Sequence[Written], actors: Actors, now: datetime) -> None:
    texts = {
        story: wire.encode_shared(wire.told(story, actors.get(story.actor_id or 0), now))
        for story in {row.copy.story for row in rows}
    }
    tell_on_commit(
        (texts[row.copy.story], wire.Change(row.copy.user_id, row.pk, row.seq, row.seq, _alerts(row.decision)))
        for row in rows
        if row.seq is not None and row.pk is not None
    )


def _alerts(decision: Decision) -> bool:
    return decision["app"].outcome == "show"


def _actors(user_ids: Set[int]) -> Actors:
    if not user_ids:
        return {}
    found = {user.pk: wire.actor(user) for user in get_user_model()._default_manager.filter(pk__in=user_ids)}
    for user_id in user_ids - found.keys():
        raise ValueError(f"There is no user {user_id} to be the actor.")
    return found
