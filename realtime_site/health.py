"""`/healthz`: the process answers. `/readyz`: it should get traffic. For load balancers; nobody logs in to ask."""

from django.http import HttpRequest, JsonResponse


async def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "alive"})


async def readyz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ready"})
