"""`from notifications.api import notify`: all a site needs to tell people something."""

import secrets
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model, QuerySet

from notifications import wire
from notifications.catalogue import kind as kind_of
from notifications.models import Notification
from notifications.policy import Level
from notifications.services.writing import write
from notifications.stories import Story, Telling
from realtime_site.live.errors import ClientError
from realtime_site.live.frames import check_text

User = AbstractBaseUser | int
Users = User | Iterable[User] | QuerySet[Any]

# Eighths of a thousand: whoever posts meanwhile waits for the processor no longer than for these, some 6 ms.
ANNOUNCED_TOGETHER = 125


def notify(
    user_or_users: Users,
    kind: str,
    *,
    actor: User | None = None,
    target: Model | str | None = None,
    title: str,
    body: str = "",
    url: str = "",
    dedupe_key: str | None = None,
    scope: str = "",
    position: int | None = None,
    tag: str = "",
) -> int:
    """Tells people something: in their inbox, and by push and e-mail as each of them wants it. Returns to how many it
    was new.

    `user_or_users`: a user, an id, any number of either, or a queryset of users. `kind`: a declared one
    (`notifications.kinds`, `settings.NOTIFICATION_KINDS`). `target`: what it is about, `app.model:pk` where it is an
    object. `url`: a path of this site, or https. Of several with one `dedupe_key` a person gets the first. `scope` and
    `position`: what it belongs to and where in that, for levels and for reading by scope. Those with one `tag` are
    shown as one on a device.

    In the caller's transaction, so that it is stored if and only if its cause is; outside of one, in a transaction for
    each thousand people. Sockets are told on commit. Raises ValueError and TypeError for what makes no sense.
    """
    story = story_of(
        kind, actor=actor, target=target, title=title, body=body, url=url, dedupe_key=dedupe_key, scope=scope,
        position=position, tag=tag,
    )  # fmt: skip
    known = {actor.pk: wire.actor(actor)} if isinstance(actor, AbstractBaseUser) else None
    return write([Telling(story, ids_of(user_or_users))], actors=known)


def announce(
    people: Users,
    *,
    title: str,
    body: str = "",
    url: str = "",
    dedupe_key: str | None = None,
    between: Callable[[int], None] | None = None,
) -> int:
    """An announcement to very many: `between` is called with the number done after each hundred or so, which are a
    transaction of their own, and before the first of each thousand, so that one may say so and wait a moment. Raises as
    `notify` does.
    """
    story = story_of("announcement", title=title, body=body, url=url, dedupe_key=dedupe_key)
    return write([Telling(story, ids_of(people))], together=ANNOUNCED_TOGETHER, between=between)


def story_of(
    kind: str,
    *,
    title: str,
    actor: User | None = None,
    target: Model | str | None = None,
    body: str = "",
    url: str = "",
    dedupe_key: str | None = None,
    scope: str = "",
    position: int | None = None,
    tag: str = "",
) -> Story:
    """Checked. Raises ValueError, TypeError."""
    known, about = kind_of(kind), _target(target)
    texts = {"title": title, "body": body, "url": url, "target": about, "scope": scope, "tag": tag}
    for name, text in {**texts, "dedupe_key": dedupe_key or ""}.items():
        _check_text(name, text)
    _check_url(url)
    if not title.strip():
        raise ValueError("A notification needs a title.")
    if position is not None and (type(position) is not int or not scope):
        raise TypeError("`position` is a whole number, and goes with a `scope`.")
    level: Level | None = "everything" if scope and known.heeds_level else None
    actor_id = None if actor is None else _id("actor", actor)
    # Without anything that they share, no two are shown as one.
    texts["tag"] = tag or scope or about or f"{known.name}:{secrets.token_hex(4)}"
    return Story(known, actor_id=actor_id, position=position, dedupe_key=dedupe_key, default_level=level, **texts)


def ids_of(user_or_users: Any) -> list[int]:
    """Raises TypeError for what is neither users nor ids."""
    if isinstance(user_or_users, QuerySet):
        return list(user_or_users.order_by().values_list("pk", flat=True).distinct())
    if isinstance(user_or_users, AbstractBaseUser | int):
        return [_id("user_or_users", user_or_users)]
    if isinstance(user_or_users, str | bytes) or not isinstance(user_or_users, Iterable):
        raise TypeError(f"`user_or_users` is a user, an id, or several of them, not {user_or_users!r}.")
    return [_id("user_or_users", one) for one in user_or_users]


def _id(name: str, user: Any) -> int:
    pk = user.pk if isinstance(user, AbstractBaseUser) else user
    if type(pk) is not int:
        raise TypeError(f"`{name}`: a saved user or the id of one, not {user!r}.")
    return pk


def _target(target: Model | str | None) -> str:
    if isinstance(target, Model):
        if target.pk is None:
            raise ValueError("`target` must be saved first.")
        return f"{target._meta.label_lower}:{target.pk}"
    return target or ""


def _check_text(name: str, text: Any) -> None:
    if not isinstance(text, str):
        raise TypeError(f"`{name}` is a text, not {text!r}.")
    longest = getattr(Notification._meta.get_field(name), "max_length", None)
    if longest is not None and len(text) > longest:
        raise ValueError(f"`{name}` is longer than {longest} characters.")
    try:
        check_text(text, name)
    except ClientError as error:
        raise ValueError(error.detail) from None


def _check_url(url: str) -> None:
    if not url:
        return
    parts = urlsplit(url)
    local = url.startswith("/") and not url.startswith("//")
    # Browsers read a backslash as a slash and pass over tabs: /\\evil.example is another site.
    odd = "\\" in url or any(character <= " " for character in url)
    # Nobody should click on somebody's password, or on a name that looks like a host: https://bank.example@evil.example
    named = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc
    if odd or not (local or named):
        raise ValueError(f"`url` is a path like /orders/5/, or https://…, not {url!r}.")
