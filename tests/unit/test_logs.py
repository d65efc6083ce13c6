"""The log: ids in every line, JSON where it is asked for, and none of what is secret."""

import io
import json
import logging
import logging.config
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from channels.testing import HttpCommunicator
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver

from realtime_site import logs
from realtime_site.access import Requests
from realtime_site.live import course
from realtime_site.live.database import in_database

SECRET = "hunter2-and-a-tail"
IS_KEY = re.compile(r"token|code|key")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the root logger's handler writes, in JSON, with the access lines."""
    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    handler.setFormatter(logs.json_formatter())
    access = [logging.getLogger(name) for name in ("realtime_site.access", "realtime_site.live.access")]
    levels = [one.level for one in access]
    logging.getLogger().addHandler(handler)
    for one in access:
        one.setLevel("INFO")
    yield kept
    logging.getLogger().removeHandler(handler)
    for one, level in zip(access, levels, strict=True):
        one.setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.mark.django_db(transaction=True)
async def test_a_line_tells_in_whose_course_it_was_logged_in_a_database_thread_too(log: io.StringIO) -> None:
    begun = course.begin(connection="c1")
    begun.person = 5
    await in_database(lambda: logging.getLogger("library").warning("said in a thread"))
    (line,) = lines(log)
    assert (line["event"], line["connection"], line["user"]) == ("said in a thread", "c1", 5)
    assert (line["level"], line["logger"]) == ("warning", "library")
    assert line["pid"] > 1
    assert line["timestamp"].endswith("Z")


async def test_a_course_ends_where_the_next_begins(log: io.StringIO) -> None:
    course.begin(connection="c1").person = 5
    course.begin(request_id="r2")
    logging.getLogger("library").warning("x")
    assert {name: lines(log)[0].get(name) for name in ("connection", "user", "request")} == {
        "connection": None,
        "user": None,
        "request": "r2",
    }


async def answered(path: str, query: bytes = b"", **headers: str) -> dict[str, Any]:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        logging.getLogger("django.request").warning("Not Found: %s", scope["path"], extra={"request": SECRET})
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"nothing"})

    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    http = HttpCommunicator(Requests(application), "POST", path, body=SECRET.encode(), headers=sent)
    http.scope["query_string"] = query
    answer: dict[str, Any] = await http.get_response()
    return answer


async def test_a_request_has_one_line_and_its_id_in_all_and_in_the_answer(log: io.StringIO) -> None:
    answer = await answered("/rooms/", x_request_id="from-the.proxy_1")
    assert (b"x-request-id", b"from-the.proxy_1") in answer["headers"]
    inner, outer = lines(log)
    assert inner["request"] == outer["request"] == "from-the.proxy_1"
    assert (outer["event"], outer["method"], outer["path"], outer["status"], outer["bytes"]) == (
        "request",
        "POST",
        "/rooms/",
        404,
        7,
    )
    assert outer["ms"] >= 0


@pytest.mark.parametrize("forged", ["x" * 65, "a b", 'a"b', "ä", ""])
async def test_an_id_that_does_not_look_like_one_is_not_taken_over(forged: str) -> None:
    answer = await answered("/", x_request_id=forged)
    (given,) = (value for name, value in answer["headers"] if name == b"x-request-id")
    assert re.fullmatch(rb"[0-9a-f]{32}", given)


async def test_no_body_cookie_token_or_query_string_is_logged(log: io.StringIO) -> None:
    query = f"q={SECRET}".encode()
    await answered(f"/invite/{SECRET}/", query, cookie=f"sessionid={SECRET}", authorization=f"Bearer {SECRET}")
    assert len(lines(log)) == 2
    assert "/invite/…/" in log.getvalue()
    assert "hunter2" not in log.getvalue()


def test_a_fault_is_one_line_with_its_traceback_and_no_key_in_it(log: io.StringIO) -> None:
    try:
        raise ValueError(f"could not GET /setup/{SECRET}/")
    except ValueError:
        logging.getLogger("django.request").exception("Internal Server Error: %s", f"/setup/{SECRET}")
    (line,) = lines(log)
    assert "Traceback" in line["exception"]
    assert "test_logs.py" in line["exception"]
    assert "hunter2" not in log.getvalue()


def test_lines_for_people_have_the_ids_and_hide_the_keys_too() -> None:
    course.begin(request_id="r1")
    record = logging.LogRecord("a", logging.WARNING, "", 0, "Not Found: /invite/%s/", (SECRET,), None)
    assert logs.LineFormatter("{message}", style="{").format(record) == "Not Found: /invite/…/ [request=r1]"


def routes(resolver: Any, before: str = "/") -> Iterator[tuple[str, str]]:
    """Each address with a text that is a key, and that text."""
    for one in resolver.url_patterns:
        route = before + str(one.pattern).lstrip("^")
        if isinstance(one, URLResolver):
            yield from routes(one, route)
        elif isinstance(one, URLPattern) and "admin/" not in route:
            for kind, name in re.findall(r"<(?:(\w+):)?(\w+)>", route):
                if IS_KEY.search(name) and kind != "int":
                    address = re.sub(r"\(\?P<\w+>.*?\)(?=[-/])|<[^>]+>", SECRET, route)
                    yield route, address
                    break


def test_each_address_that_is_a_key_is_hidden() -> None:
    found = dict(routes(get_resolver()))
    assert {"/invite/<str:code>/", "/setup/<str:token>/"} <= found.keys()
    for route, address in found.items():
        assert "hunter2" not in logs.hide(address), (route, address)


def test_a_form_that_is_none_is_refused_in_words() -> None:
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT"):
        logs.configuration("xml", "INFO")


def test_a_process_started_with_json_logs_json() -> None:
    code = (
        "import django, logging; django.setup(); logging.getLogger('twisted').error('down %s', 1);"
        "logging.getLogger('realtime_site.access').info('request', extra={'status': 200, 'request': object()})"
    )
    environment = {"SECRET_KEY": "x", "LOG_FORMAT": "json", "DJANGO_SETTINGS_MODULE": "realtime_site.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    first, second = (json.loads(line) for line in done.stderr.splitlines())
    assert (first["event"], first["logger"]) == ("down 1", "twisted")
    assert second["status"] == 200
    assert "request" not in second
