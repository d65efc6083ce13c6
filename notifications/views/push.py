"""Devices, as pages register them: JSON in, JSON out, by session and with a CSRF token."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from msgspec import Struct

from notifications.services import devices
from notifications.views.person import user_id_of
from realtime_site.live.errors import ClientError, Code

BODY_BYTES = 8_192  # a subscription has about 500
STATUSES: dict[Code, HTTPStatus] = {
    "invalid": HTTPStatus.BAD_REQUEST,
    "forbidden": HTTPStatus.FORBIDDEN,
    "not_found": HTTPStatus.NOT_FOUND,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
}


class Keys(Struct):
    p256dh: str
    auth: str


class Subscription(Struct):
    """What `PushSubscription.toJSON()` gives; the rest of it is left aside."""

    endpoint: str
    keys: Keys


def _json(view: Callable[..., JsonResponse]) -> Callable[..., HttpResponse]:
    """For those who are logged in; a ClientError is an answer."""

    @require_POST
    @never_cache
    @wraps(view)
    def answer(request: HttpRequest, *args: int, **kwargs: int) -> HttpResponse:
        try:
            if not request.user.is_authenticated:
                raise ClientError("forbidden", "Nobody is logged in.")
            return view(request, *args, **kwargs)
        except ClientError as error:
            status = STATUSES.get(error.code, HTTPStatus.BAD_REQUEST)
            answer = JsonResponse({"code": error.code, "detail": error.detail}, status=status)
            if error.retry_after:
                answer["Retry-After"] = str(int(error.retry_after))
            return answer

    return answer


@_json
def register(request: HttpRequest) -> JsonResponse:
    given = _subscription(request)
    device = devices.register(
        user_id=user_id_of(request),
        session_key=request.session.session_key or "",
        endpoint=given.endpoint,
        p256dh=given.keys.p256dh,
        auth=given.keys.auth,
        user_agent=request.headers.get("User-Agent", ""),
    )
    return JsonResponse({"id": device.pk, "name": device.name})


@_json
def remove(request: HttpRequest, device_id: int) -> JsonResponse:
    devices.remove(user_id=user_id_of(request), device_id=device_id)
    return JsonResponse({})


@_json
def send_test(request: HttpRequest, device_id: int) -> JsonResponse:
    return JsonResponse({"delivery": devices.send_test(user_id=user_id_of(request), device_id=device_id)})


def _subscription(request: HttpRequest) -> Subscription:
    if len(request.body) > BODY_BYTES:
        raise ClientError("invalid", "That is no subscription.")
    try:
        return msgspec.json.decode(request.body, type=Subscription)
    except msgspec.MsgspecError as error:
        raise ClientError("invalid", f"That is no subscription: {error}.") from None
