"""Sentry and OpenTelemetry, where an operator wants them: imported only then (requirements-observe.txt).

Neither is told what people say: no body, cookie, header, query string, local variable; of a person the id alone.
"""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from realtime_site import __version__
from realtime_site.live.consumer import LiveConsumer
from realtime_site.logs import hide

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
HIDDEN = ("data", "cookies", "headers", "query_string", "env")


def start_sentry() -> None:
    """In every process, where SENTRY_DSN is set."""
    try:
        import sentry_sdk
    except ImportError as error:
        raise _missing("SENTRY_DSN") from error
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=f"confab@{__version__}",
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=scrub,
    )


def scrub(event: dict[str, Any], hint: object = None) -> dict[str, Any]:
    """Takes out of a Sentry event what is nobody's business."""
    request = event.get("request") or {}
    for name in HIDDEN:
        request.pop(name, None)
    if "url" in request:
        request["url"] = hide(request["url"].partition("?")[0])
    if "user" in event:
        event["user"] = {name: value for name, value in event["user"].items() if name == "id"}
    for one in (event.get("exception") or {}).get("values") or []:
        one["value"] = hide(str(one.get("value") or ""))
        for frame in (one.get("stacktrace") or {}).get("frames") or []:
            frame.pop("vars", None)
    return event


def traced(application: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The HTTP application, with a span a request when OTEL_EXPORTER_OTLP_ENDPOINT is set; and one a command."""
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT:
        return application
    tracer = _tracer()
    LiveConsumer.around = staticmethod(lambda name, execute: _command(tracer, name, execute))
    return TracedRequests(application, tracer)


def _tracer() -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise _missing("OTEL_EXPORTER_OTLP_ENDPOINT") from error
    resource = Resource.create({"service.name": "confab", "service.version": __version__})
    provider = TracerProvider(resource=resource)
    endpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip("/") + "/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider.get_tracer("confab", __version__)


class TracedRequests:
    """ASGI around the HTTP application."""

    def __init__(self, application: Callable[..., Awaitable[None]], tracer: Any) -> None:
        self._application, self._tracer = application, tracer

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        with self._tracer.start_as_current_span(f"HTTP {scope['method']}", record_exception=False) as span:
            span.set_attribute("http.request.method", scope["method"])
            span.set_attribute("url.path", hide(scope["path"]))

            async def answer(message: dict[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self._application(scope, receive, answer)


def _command(tracer: Any, name: str, execute: Callable[[], Any]) -> Any:
    """Executes a command in a span, which ends when it is answered. Of a failure the kind is told, not the words."""
    span = tracer.start_span(f"command {name}")
    try:
        answer = execute()
    except Exception as error:
        _end(span, error)
        raise
    if isawaitable(answer):
        return _in_span(span, answer)
    span.end()
    return answer


async def _in_span(span: Any, answer: Awaitable[Any]) -> Any:
    try:
        result = await answer
    except BaseException as error:
        _end(span, error)
        raise
    span.end()
    return result


def _end(span: Any, error: BaseException) -> None:
    span.set_attribute("error.type", str(getattr(error, "code", type(error).__name__)))
    span.end()


def _missing(setting: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{setting} is set, and a package for it is missing: pip install -r requirements-observe.txt"
    )
