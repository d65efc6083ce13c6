"""Requests, for the log: each has an id, which the answer tells as well, and one line when it is over.

Never a query string, a header, a cookie or a body.
"""

import asyncio
import logging
import re
import uuid
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware

from realtime_site.live import course

logger = logging.getLogger(__name__)

HEADER = b"x-request-id"
# A proxy's id is taken over where it looks like one: what a client sends ends up in the log.
ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Callable[[], Awaitable[Any]], Send], Awaitable[None]]


class Requests:
    """ASGI around the HTTP application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        request_id = _taken_over(scope) or uuid.uuid4().hex
        course.begin(request_id=request_id)
        began, status, sent = monotonic(), 0, 0

        async def answer(message: dict[str, Any]) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                message = message | {"headers": [*message.get("headers", ()), (HEADER, request_id.encode())]}
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._application(scope, receive, answer)
        finally:  # status 0: nobody was there any more to be answered
            about = {"method": scope["method"], "path": scope["path"], "status": status, "bytes": sent}
            logger.info("request", extra=about | {"ms": round((monotonic() - began) * 1000, 1)})


def _taken_over(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name.lower() == HEADER and ID.fullmatch(found := value.decode("latin-1")):
            return str(found)
    return ""


@sync_and_async_middleware
def remember_request(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Lets the log ask the request who it is, should anybody have found out."""

    def remember(request: HttpRequest) -> None:
        if current := course.current():
            current.request = request

    if asyncio.iscoroutinefunction(get_response):

        async def in_loop(request: HttpRequest) -> Any:
            remember(request)
            return await get_response(request)

        return in_loop

    def in_thread(request: HttpRequest) -> Any:
        remember(request)
        return get_response(request)

    return in_thread
