"""Whom a message calls: by name, by @room and @online, by answering them, or because a few people talk.

What calls somebody is what is shown as a mention: a name in code or in a link calls nobody.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.db.models.functions import Lower

from chat import protocol
from chat.events import Concern
from chat.models import Membership, Mention, Message
from chat.services import sql
from chat.text import called, mentioned, render

By = Mention.By

# The words that call many, the wider first.
AUDIENCES = (Message.Audience.ROOM.value, Message.Audience.ONLINE.value)
_CONCERNS: dict[str, Concern] = {By.NAME: "named", By.ROOM: "room", By.ONLINE: "online"}
# By room: the lower-case usernames that are mentioned and are members', with their ids.
Names = dict[int, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Circle:
    """Whom one person's words reach in one room."""

    # The words by which they may call many.
    words: AbstractSet[str] = frozenset()
    # Those online there, if the words ask for them.
    online: Collection[int] = ()
    # Everybody in a direct conversation, the author too.
    people: Collection[int] = ()
    # Whose message is answered, while they are in the room.
    answered: int | None = None
    # Of a message that is edited: the word by which it called many, and whom it called. The same word calls no others.
    before: tuple[str, AbstractSet[int]] = ("", frozenset())


@dataclass(frozen=True, slots=True)
class Entry:
    """Something said, on its way into a room's log."""

    room_id: int
    author: protocol.Person
    client_id: UUID
    body: str
    kind: sql.Kind = "text"
    circle: Circle = field(default_factory=Circle)
    answers: Message | None = None

    @property
    def text(self) -> str:
        """What may mention people."""
        return self.body if self.kind == "text" else ""


class Call(NamedTuple):
    """What became of an entry's words: how they are shown, whom they call, how each."""

    html: str
    audience: str
    by: Mapping[int, str]

    @property
    def named(self) -> list[int]:
        return sorted(user_id for user_id, by in self.by.items() if by == By.NAME)


def resolve(entries: Sequence[Entry]) -> list[Call]:
    """One query if any has an @, another if any calls many."""
    names = _names_in((entry.room_id, entry.text) for entry in entries)
    htmls = [_html(entry, names[entry.room_id]) for entry in entries]
    words = [called(html) for html in htmls]
    wide = {entry.room_id for entry, said in zip(entries, words, strict=True) if _audience(entry, said)}
    members = _members(wide)
    return [
        _call(entry, html, said, names[entry.room_id], members.get(entry.room_id, set()))
        for entry, html, said in zip(entries, htmls, words, strict=True)
    ]


def concerns(entry: Entry, call: Call) -> dict[int, Concern]:
    """How the message concerns each whom it does, the author never."""
    found: dict[int, Concern] = dict.fromkeys(entry.circle.people, "direct")
    found |= {user_id: _CONCERNS[by] for user_id, by in call.by.items() if by != By.NAME}
    if entry.circle.answered is not None:
        found[entry.circle.answered] = "replied"
    found |= dict.fromkeys(call.named, "named")
    found.pop(entry.author.id, None)
    return found


def _html(entry: Entry, names: Mapping[str, int]) -> str:
    if not entry.text:
        return ""
    return render(entry.body, names.keys() | entry.circle.words)


def _audience(entry: Entry, said: AbstractSet[str]) -> str:
    return next((word for word in AUDIENCES if word in said & entry.circle.words), "")


def _call(entry: Entry, html: str, said: AbstractSet[str], names: Mapping[str, int], members: AbstractSet[int]) -> Call:
    if not said:
        return Call(html, "", {})
    audience = _audience(entry, said)
    by: dict[int, str] = dict.fromkeys(sorted(_called_by(audience, entry.circle, members)), audience)
    by |= {names[name]: By.NAME.value for name in (said - entry.circle.words) & names.keys()}
    by.pop(entry.author.id, None)
    return Call(html, audience, by)


def _called_by(audience: str, circle: Circle, members: AbstractSet[int]) -> AbstractSet[int]:
    before, those = circle.before
    if audience and audience == before:
        return members & those
    return members & set(circle.online) if audience == By.ONLINE else members if audience else frozenset()


def _names_in(texts: Iterable[tuple[int, str]]) -> Names:
    """Whom texts, given with their rooms, mention. One query, if any has an @."""
    wanted: dict[int, set[str]] = {}
    for room_id, text in texts:
        wanted.setdefault(room_id, set()).update(mentioned(text))
    found: Names = {room_id: {} for room_id in wanted}
    names = set().union(*wanted.values()) if wanted else set()
    if names:
        rows = (
            Membership.objects.filter(room__in=wanted, user__is_active=True)
            .annotate(lowered=Lower("user__username"))
            .filter(lowered__in=names)
            .values_list("room_id", "lowered", "user_id")
        )
        for room_id, name, user_id in rows:
            if name in wanted[room_id]:
                found[room_id][name] = user_id
    return found


def _members(room_ids: AbstractSet[int]) -> dict[int, set[int]]:
    """Everybody active in some rooms. One query, if there are any."""
    found: dict[int, set[int]] = {}
    if room_ids:
        rows = Membership.objects.filter(room__in=room_ids, user__is_active=True)
        for room_id, user_id in rows.values_list("room_id", "user_id"):
            found.setdefault(room_id, set()).add(user_id)
    return found
