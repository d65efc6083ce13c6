"""What chat tells, as notifications: the only module here that knows chat, and of it nothing but its events.

Runs in the transaction of the cause, so that both are stored or neither is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any, NamedTuple

from chat import events
from chat.events import Added, ChatEvent, Concern, Deleted, Edited, Left, Lifted, Moderated, Posted, Read, RoomRef
from notifications import sql
from notifications.catalogue import is_mention
from notifications.catalogue import kind as kind_of
from notifications.models import Level, Notification
from notifications.outside import hearers
from notifications.policy import Level as LevelValue
from notifications.services import changing, reading
from notifications.services.writing import write
from notifications.stories import Story, Telling

TITLE_CHARACTERS = 200


class Wording(NamedTuple):
    """The kind of a notification, and its title outside of direct conversations."""

    kind: str
    title: str


# How a message concerns somebody; "follows": not in itself, but they hear everything there.
_WORDINGS: dict[Concern | str, Wording] = {
    "named": Wording("mention", "{author} mentioned you in {room}"),
    "replied": Wording("reply", "{author} replied to you in {room}"),
    "room": Wording("mention", "{author} called everybody in {room}"),
    "online": Wording("mention", "{author} called all who are online in {room}"),
    "direct": Wording("direct", "{author}"),
    "follows": Wording("message", "{author} in {room}"),
}
_DIRECT_TITLES: dict[Concern | str, str] = {
    "named": "{author} mentioned you",
    "replied": "{author} replied to you",
    "room": "{author} called everybody",
    "online": "{author} called all who are online",
}


def connect() -> None:
    """Begins to listen; for `apps.ready`."""
    events.happened.connect(on_chat, dispatch_uid="notifications")


def on_chat(*, events: Sequence[ChatEvent], **_: Any) -> None:
    """Everything a transaction of chat did. What it posted is written together, however much it is."""
    posted = [event for event in events if isinstance(event, Posted)]
    tellings = _told_of(posted)
    _lock_all([_target(event.message_id) for event in events if isinstance(event, Deleted)])
    for event in events:
        tellings += _after(event)
    if tellings:
        write(tellings)


def _lock_all(targets: Sequence[str]) -> None:
    """The inboxes of several that go together: all at once, in their order, as those who write for many lock them."""
    if len(targets) > 1:
        rows = Notification.objects.filter(target__in=targets, withdrawn_at=None).order_by()
        sql.lock_inboxes(rows.values_list("user", flat=True))


def _after(event: ChatEvent) -> list[Telling]:
    """Does what follows from an event for notifications that are there; returns what is to be told of it."""
    match event:
        case Edited():
            return _edited(event)
        case Added():
            return [_invited(event)]
        case Moderated():
            return [_moderated(event)]
        case Lifted():
            changing.withdraw(target=_measure(event), user_ids=[event.user_id])
        case Deleted():
            changing.withdraw(target=_target(event.message_id))
        case Read():
            reading.read_scope(user_id=event.user_id, scope=scope_of(event.room_id), position=event.seq)
        case Left():
            changing.leave_scope(user_id=event.user_id, scope=scope_of(event.room_id))
    return []


def scope_of(room_id: int) -> str:
    return f"room:{room_id}"


def _told_of(posted: Sequence[Posted]) -> list[Telling]:
    """Message by message, so that an inbox has them in that order."""
    followers = _followers(message.room for message in posted)
    return [telling for message in posted for telling in (*_concerned(message), *_following(message, followers))]


def _concerned(message: Posted) -> list[Telling]:
    """Those whom a message concerns in itself, by how it does."""
    people = _by_concern(message)
    return [Telling(_story(message, concern), ids, message.ignored_by) for concern, ids in people.items()]


def _by_concern(message: Posted) -> dict[Concern, list[int]]:
    people: dict[Concern, list[int]] = defaultdict(list)
    for user_id, concern in message.concerns.items():
        people[concern].append(user_id)
    return people


def _following(message: Posted, followers: Mapping[str, Set[int]]) -> list[Telling]:
    """Those who want to hear everything where it was said. A query, if there is anybody."""
    scope = scope_of(message.room.id)
    people = followers.get(scope, set()) - message.concerns.keys() - {message.author_id}
    # A level says what somebody wants, not what they may: without the site's word nobody hears what is not theirs.
    allowed = people and hearers(scope, people, message.author_id)
    return [Telling(_story(message, "follows"), allowed)] if allowed else []


def _followers(rooms: Iterable[RoomRef]) -> dict[str, set[int]]:
    """Who has chosen to hear everything, by scope. One query, if any is a room."""
    scopes = {scope_of(room.id) for room in rooms if room.kind != "direct"}
    followers: dict[str, set[int]] = defaultdict(set)
    if scopes:
        rows = Level.objects.filter(scope__in=scopes, value=Level.Value.EVERYTHING)
        for scope, user_id in rows.values_list("scope", "user"):
            followers[scope].add(user_id)
    return followers


def _edited(event: Edited) -> list[Telling]:
    """Withdraws from those it concerns no more, says it anew to those who know of it. To be told are the others whom it
    concerns: they were told nothing, nothing that stands, or only that something was written.
    """
    message, target = event.posted, _target(event.posted.message_id)
    rows = Notification.objects.filter(target=target, withdrawn_at=None).order_by()
    told: dict[int, str] = dict(rows.values_list("user", "kind"))
    # All at once, in their order: two edits that concern the same people must not wait for each other.
    sql.lock_inboxes({*told, *message.concerns})
    if no_longer := event.no_longer & told.keys():
        followers = {user for telling in _following(message, _followers([message.room])) for user in telling.user_ids}
        changing.withdraw(target=target, user_ids=no_longer - followers)
        for user_id in no_longer - followers:
            del told[user_id]
    tellings = []
    for telling in _concerned(message):
        mention = telling.story.kind.mention
        knowing = {user_id for user_id in telling.user_ids if user_id in told and mention <= is_mention(told[user_id])}
        _retell(target, telling.story, knowing)
        tellings.append(replace(telling, user_ids=set(telling.user_ids) - knowing))
        for user_id in knowing:
            del told[user_id]
    _retell(target, _story(message, "direct" if message.room.kind == "direct" else "follows"), told.keys())
    return tellings


def _retell(target: str, story: Story, user_ids: Collection[int]) -> None:
    changing.retell(target=target, user_ids=user_ids, kind=story.kind.name, title=story.title, body=story.body)


def _invited(event: Added) -> Telling:
    scope = scope_of(event.room.id)
    title = f"{event.by_name} brought you into {event.room.name}" if event.room.name else event.by_name
    story = Story(
        kind_of("invitation"),
        title[:TITLE_CHARACTERS],
        url=f"/rooms/{event.room.slug}/",
        actor_id=event.by_id,
        target=f"chat.room:{event.room.id}",
        scope=scope,
        position=0,  # whoever opens the room has read it
        tag=scope,
        dedupe_key=f"chat.room:{event.room.id}",  # coming and going is told once, until it is withdrawn
    )
    return Telling(story, [event.user_id])


# Of what a moderator does to somebody.
_MEASURES = {
    "muted": "{by} muted you in {room}",
    "removed": "{by} removed you from {room}",
    "banned": "{by} banned you from {room}",
    "unbanned": "You may come to {room} again",
}


def _moderated(event: Moderated) -> Telling:
    """Of no scope: who is no longer in the room has lost what was told of that. Who did it stands in the title, in
    words that stay; and for how long, since the hour is another one where it is read.
    """
    room = event.room.name if event.room else "all rooms"
    title = _MEASURES[event.what].format(by=event.by_name, room=room)
    if event.lasts:
        title = f"{title} for {event.lasts}"
    url = f"/rooms/{event.room.slug}/" if event.room and event.what == "muted" else "/rooms/"
    kind, target = kind_of("moderation"), _measure(event)
    story = Story(kind, title[:TITLE_CHARACTERS], body=event.reason, url=url, target=target, tag=target)
    return Telling(story, [event.user_id])


def _story(message: Posted, concern: str) -> Story:
    wording, room = _WORDINGS[concern], message.room
    direct = room.kind == "direct"
    title = _DIRECT_TITLES.get(concern, "{author}") if direct else wording.title
    level: LevelValue = "everything" if direct else "mentions"
    return Story(
        kind_of(wording.kind),
        title.format(author=message.author_name, room=room.name)[:TITLE_CHARACTERS],
        body=message.text,
        url=f"/rooms/{room.slug}/{message.seq}/",
        actor_id=message.author_id,
        target=_target(message.message_id),
        scope=scope_of(room.id),
        position=message.seq,
        tag=scope_of(room.id),
        dedupe_key=_target(message.message_id),
        default_level=level,
    )


def _measure(event: Moderated | Lifted) -> str:
    return f"chat.{event.what}:{event.number}"


def _target(message_id: int) -> str:
    return f"chat.message:{message_id}"
