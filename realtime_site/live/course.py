"""In whose course something happens: a request's or a connection's, for the log. Pure.

One object for a course, however many tasks and threads it takes, so that what is learned in one is known in all.
"""

from contextvars import ContextVar
from typing import Any


class Course:
    """Ids that are fit for a log. `request` is the view's, which knows the person once somebody has asked."""

    __slots__ = ("connection", "person", "request", "request_id")

    def __init__(self, *, request_id: str = "", connection: str = "") -> None:
        self.request_id, self.connection = request_id, connection
        self.person: int | None = None
        self.request: Any = None

    def ids(self) -> dict[str, Any]:
        """What is known by now; nobody is asked for it."""
        known = {"request": self.request_id, "connection": self.connection, "user": self.person or self._visitor()}
        return {name: value for name, value in known.items() if value}

    def _visitor(self) -> int | None:
        user = getattr(self.request, "_cached_user", None) or getattr(self.request, "_acached_user", None)
        return getattr(user, "pk", None)


_current: ContextVar[Course | None] = ContextVar("course", default=None)


def begin(*, request_id: str = "", connection: str = "") -> Course:
    """From here on, in this task and what it starts. The one before is over, also where a connection is kept."""
    course = Course(request_id=request_id, connection=connection)
    _current.set(course)
    return course


def current() -> Course | None:
    return _current.get()
