"""Browser tests: real people, real browser, a real worker each. They wait for states, 30 s at most, and never sleep."""

import os
from collections.abc import Callable, Iterator
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.browser.site import Site
from tests.runner.tools import installed_chromium
from tests.servers import Redis

WAIT_MS = 30_000
# A server that is killed on purpose makes the browser say so, and the contexts of tests are incognito.
_EXPECTED = (
    "WebSocket connection to",
    "Failed to load resource: net::ERR_CONNECTION_",
    "Chrome currently does not support the Push API in incognito mode",
)

expect.set_options(timeout=WAIT_MS)

Enter = Callable[..., Page]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = installed_chromium()
    args = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    return {**browser_type_launch_args, "args": args, **({"executable_path": chromium} if chromium else {})}


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    # pytest-xdist's processes share the parent of their directories; one of them prepares for all.
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    shared = tmp_path_factory.mktemp("site") if alone else tmp_path_factory.getbasetemp().parent
    site = Site(shared / "browser-site")
    with (shared / "browser-site.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not site.data_dir.exists():
            site.prepare()
    site.begin_to_seed()
    yield site
    assert site.seeder
    site.seeder.end()


@pytest.fixture
def site(prepared: Site, tmp_path: Path) -> Iterator[Site]:
    """A site that is up and empty."""
    site = prepared.copy_to(tmp_path / "data")
    site.start()
    yield site
    site.kill()


@pytest.fixture(params=[1, 2], ids=["one worker", "two workers"])
def supervised_site(
    prepared: Site, redis_server: Redis, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Site]:
    """The same as an operator starts it: a supervisor that can replace its workers."""
    site = prepared.copy_to(tmp_path / "data")
    if request.param > 1:
        site.redis_url = redis_server.url
    site.supervise(request.param)
    yield site
    site.stop()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the browser complained of on any page, the content policy included. At the end there must be nothing."""
    heard: list[str] = []
    yield heard
    assert heard == []


@pytest.fixture
def enter(browser: Browser, complaints: list[str]) -> Iterator[Enter]:
    """`enter(site, session_key, path)`: a person in a browser of their own, logged in, on a page."""
    contexts = []

    def open_page(site: Site, session: str | None, path: str = "/", **options: Any) -> Page:
        context = browser.new_context(base_url=site.url, **{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        if session:
            context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
        page = context.new_page()
        listen(page, complaints)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def listen(page: Page, complaints: list[str]) -> None:
    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_EXPECTED):
            complaints.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
