"""The optional extras, with stand-ins for their packages: what is asked of them, and what they are not told."""

import asyncio
import json
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from realtime_site import observe
from realtime_site.live.consumer import LiveConsumer
from realtime_site.live.errors import ClientError

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("setting", "start", "package"),
    [
        ("SENTRY_DSN", observe.start_sentry, "sentry_sdk"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", lambda: observe.traced(nothing), "opentelemetry.exporter.otlp.proto.http"),
    ],
)
def test_what_is_set_and_not_installed_is_said_with_the_line_that_mends_it(
    setting: str, start: Any, package: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    setattr(settings, setting, "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, package.partition(".")[0], None)
    monkeypatch.setattr(LiveConsumer, "around", None)
    with pytest.raises(ImproperlyConfigured, match=rf"{setting}.*pip install -r requirements-observe\.txt"):
        start()


async def nothing(scope: Any, receive: Any, send: Any) -> None: ...


def test_sentry_is_asked_to_look_away(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    stand_in = ModuleType("sentry_sdk")
    stand_in.init = lambda **options: asked.update(options)  # type: ignore[attr-defined]  # a stand-in
    monkeypatch.setitem(sys.modules, "sentry_sdk", stand_in)
    settings.SENTRY_DSN = "https://key@sentry.example.org/1"
    observe.start_sentry()
    assert (asked["send_default_pii"], asked["include_local_variables"]) == (False, False)
    assert (asked["max_request_body_size"], asked["max_breadcrumbs"]) == ("never", 0)
    assert asked["before_send"] is observe.scrub


def test_what_sentry_gathers_all_the_same_is_scrubbed() -> None:
    event = {
        "request": {
            "url": f"https://chat.example.org/invite/{SECRET}/?q={SECRET}",
            "query_string": SECRET,
            "data": {"password": SECRET},
            "cookies": {"sessionid": SECRET},
            "headers": {"Authorization": SECRET},
            "method": "POST",
        },
        "user": {"id": 5, "email": SECRET},
        "exception": {
            "values": [{"value": f"at /setup/{SECRET}", "stacktrace": {"frames": [{"vars": {"body": SECRET}}]}}]
        },
    }
    scrubbed = observe.scrub(event)
    assert SECRET not in json.dumps(scrubbed)
    assert scrubbed["request"] == {"url": "https://chat.example.org/invite/…/", "method": "POST"}
    assert scrubbed["user"] == {"id": 5}


class Span:
    def __init__(self, name: str) -> None:
        self.name, self.ended, self.attributes = name, False, dict[str, Any]()

    def set_attribute(self, name: str, value: Any) -> None:
        self.attributes[name] = value

    def end(self) -> None:
        self.ended = True

    def __enter__(self) -> "Span":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class Tracer:
    def __init__(self) -> None:
        self.spans: list[Span] = []

    def start_span(self, name: str, **_: Any) -> Span:
        self.spans.append(Span(name))
        return self.spans[-1]

    start_as_current_span = start_span


@pytest.fixture
def tracer(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Tracer:
    made = Tracer()
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:1"
    monkeypatch.setattr(observe, "_tracer", lambda: made)
    monkeypatch.setattr(LiveConsumer, "around", None)
    return made


async def test_a_request_is_a_span_without_its_query_string(tracer: Tracer) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None: ...

    scope = {"type": "http", "method": "GET", "path": f"/invite/{SECRET}/", "query_string": SECRET.encode()}
    await observe.traced(application)(scope, SimpleNamespace(), send)
    (span,) = tracer.spans
    assert span.ended
    assert span.attributes == {
        "http.request.method": "GET",
        "url.path": "/invite/…/",
        "http.response.status_code": 200,
    }


async def test_a_command_is_a_span_until_it_is_answered(tracer: Tracer) -> None:
    observe.traced(nothing)
    around: Any = LiveConsumer.around
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    answer = asyncio.ensure_future(around("message.send", lambda: future))
    await asyncio.sleep(0)
    assert not tracer.spans[0].ended
    future.set_result("ok")
    assert await answer == "ok"
    assert (tracer.spans[0].name, tracer.spans[0].ended) == ("command message.send", True)


async def test_of_a_command_that_is_refused_the_code_is_told_and_not_the_words(tracer: Tracer) -> None:
    observe.traced(nothing)
    around: Any = LiveConsumer.around

    def refuse() -> None:
        raise ClientError("forbidden", SECRET)

    with pytest.raises(ClientError):
        around("message.send", refuse)
    assert (tracer.spans[0].ended, tracer.spans[0].attributes) == (True, {"error.type": "forbidden"})


def test_where_nothing_is_set_nothing_is_wrapped(settings: Settings) -> None:
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = ""
    assert observe.traced(nothing) is nothing
    assert LiveConsumer.around is None
