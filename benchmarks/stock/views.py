"""Messages over HTTP: the last page, what is new since, and the same as a long poll."""

import asyncio
import json
from typing import Any

from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import connection
from django.http import HttpRequest, JsonResponse

from benchmarks.stock.models import Message

PAGE = 50
# A long poll is answered with nothing after this, before proxies give up on it.
WAIT_SECONDS = 25


def messages(request: HttpRequest, room: str) -> JsonResponse:
    """GET: the last page, or with `?after=id` what came after it. POST `{"message": …}`: a new one."""
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    if request.method == "POST":
        return _post(request, room)
    return JsonResponse({"messages": _page(room, request.GET.get("after"))})


async def wait(request: HttpRequest, room: str) -> JsonResponse:
    """GET `?after=id`: what came after it, as soon as there is something.

    Listens before it looks, so that nothing falls between.
    """
    if not (await request.auser()).is_authenticated:
        return JsonResponse({}, status=401)
    after = request.GET["after"]
    layer: Any = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(f"poll_{room}", channel)
    try:
        found = await _new(room, after)
        if not found:
            try:
                await asyncio.wait_for(layer.receive(channel), WAIT_SECONDS)
            except TimeoutError:
                return JsonResponse({"messages": []})
            found = await _new(room, after)
        return JsonResponse({"messages": found})
    finally:
        await layer.group_discard(f"poll_{room}", channel)


def _post(request: HttpRequest, room: str) -> JsonResponse:
    from asgiref.sync import async_to_sync

    message = Message.objects.create(room=room, author=request.user, body=json.loads(request.body)["message"])
    layer: Any = get_channel_layer()
    async_to_sync(layer.group_send)(f"poll_{room}", {"type": "posted"})
    return JsonResponse({"id": message.pk}, status=201)


def _page(room: str, after: str | None) -> list[dict[str, Any]]:
    rows = Message.objects.filter(room=room).select_related("author")
    newer = rows.filter(pk__gt=int(after)).order_by("pk")[:PAGE] if after else rows.order_by("-pk")[:PAGE]
    return [
        {"id": row.pk, "author": row.author.username, "message": row.body, "created_at": row.created_at.isoformat()}
        for row in newer
    ]


@sync_to_async
def _new(room: str, after: str) -> list[dict[str, Any]]:
    """Gives the connection back to the pool: a hundred who wait must not hold a hundred."""
    try:
        return _page(room, after)
    finally:
        connection.close()
