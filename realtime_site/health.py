"""`/healthz`: the process answers. `/readyz`: it should get traffic. For load balancers; nobody logs in to ask."""

from django.db import connection
from django.http import HttpRequest, JsonResponse

from realtime_site.doctor import question
from realtime_site.live.database import in_database
from realtime_site.live.errors import ClientError
from realtime_site.live.hub import hub


async def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process runs its loop. Restart it when this fails. `manage.py doctor` asks more."""
    if question.is_asked(request):
        return JsonResponse({"status": "alive", "seen": question.seen(request)}, headers={"Cache-Control": "no-store"})
    return JsonResponse({"status": "alive"})


async def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the worker is not draining, its hub lives and the database answers; else 503 with the reason.

    Send traffic elsewhere then.
    """
    problem = await _problem()
    if problem:
        return JsonResponse({"status": "unready", "reason": problem}, status=503)
    return JsonResponse({"status": "ready"})


async def _problem() -> str | None:
    here = hub()
    if here.draining:
        return "draining"
    if not here.alive:
        return "the hub stands still"
    try:
        await in_database(_ask)
    except ClientError:
        return "the database does not answer"
    return None


def _ask() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
