"""Every page of the admin, taken from the addresses that there are, so that none is forgotten: nothing to complain of
in the console, in the content policy, for those who listen, at any width, in light and dark.
"""

import re
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page

from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.steps import COLOURS_HAVE_CHANGED, assert_nothing_grave

# No pages: they answer programs, move on, are the site's own; or are of one announcement only.
NO_PAGES = re.compile(
    r"^(login|logout|jsi18n|autocomplete|r|password_change|announce/<int:entry_id>)/|/export/$|^\(\?P<url>"
)
# Django's own, alike for all tables, and looked at for one of them.
ALIKE = re.compile(r"/(history|delete|add)/$|<path:object_id>/$|app_label")
LOOKED_AT = {
    "accounts/user/add/",
    "auth/group/add/",
    "chat/room/add/",
    "accounts/user/<path:object_id>/history/",
}
# Tables with nothing in them here; their lists are looked at.
EMPTY = re.compile(r"^(auth/group|account/emailaddress|chat/maintenance|notifications/delivery)/<")
# What the guidelines ask; axe's own advice is not looked at.
ASKED: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
    # Else it fetches the sheets that sheets import, and puts them on the page, which the content policy forbids.
    "preload": False,
}
# Words in boxes that are too narrow for them, unless they are there only for those who listen.
BROKEN = """() => {
  const clipped = (one) => one && (getComputedStyle(one).clipPath !== "none" || clipped(one.parentElement));
  return [...document.querySelectorAll("#container *")].filter((one) => {
    const words = [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim().length > 3);
    const { width, height } = one.getBoundingClientRect();
    return words && width > 0 && width < 14 && height > 40 && !clipped(one);
  }).map((one) => one.outerHTML);
}"""
SAID = [["bob", f"Buy this, number {number}"] for number in range(4)]
TABLES = {
    "person": "accounts.User",
    "room": "chat.Room",
    "report": "chat.Report",
    "restriction": "chat.Restriction",
    "invitation": "chat.Invitation",
    "session": "usersessions.UserSession",
    "token": "accounts.AccessToken",
    "entry": "audit.Entry",
}


def test_every_page_of_the_admin_is_sound(site: Site, enter: Enter, complaints: list[str]) -> None:
    keys = site.seed(
        superusers=["ann"],
        people=["bob", "cyd"],
        rooms={"general": ["bob", "cyd"]},
        messages={"general": [*SAID, ["cyd", "Hello @bob"]]},
        moderated=["bob", "general"],
    )
    page = enter(site, keys["ann"], "/admin/", reduced_motion="reduce")
    paths = [*addresses(site.data_dir / "db.sqlite3"), "accounts/user/?q=nobody", "audit/entry/?action=member.mute"]
    assert len(paths) > 30, paths
    for path in paths:
        _check(page, f"/admin/{path}")


def addresses(database: Path) -> Iterator[str]:
    """Below /admin/, each once, with things that are there."""
    with sqlite3.connect(database) as connection:

        @cache
        def first(table: str) -> Any:
            found = connection.execute(f"SELECT min(id) FROM {table}").fetchone()[0]  # noqa: S608  ours
            assert found is not None, f"{table} is empty: tests/browser/moderated.py shall fill it"
            return found

        bob = connection.execute("SELECT id FROM accounts_user WHERE username = 'bob'").fetchone()[0]
        yield "chat/"
        for route in sorted(set(_routes(get_resolver("realtime_site.urls").url_patterns))):
            alike = ALIKE.search(route) and route not in LOOKED_AT
            if not (alike or NO_PAGES.search(route) or EMPTY.search(route)):
                yield _filled(route, first, bob)


def _routes(patterns: Any, before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith("admin/"):
            yield route.removeprefix("admin/")


def _filled(route: str, first: Any, person: int) -> str:
    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in {"person_id", "ids"}:
            return str(person)
        model = TABLES.get(name.removesuffix("_id")) or ".".join(route.split("/")[:2])
        return str(first(apps.get_model(model)._meta.db_table))

    return re.sub(r"<(?:\w+:)?(\w+)>", value, route)


def _check(page: Page, path: str) -> None:
    answer = page.goto(path)
    assert answer
    assert answer.status == 200, f"{path}: {answer.status}"
    words = page.locator("#container").inner_text()
    assert not re.search(r"<\w+: |object \(\d", words), f"{path} shows something as programmers see it"
    for scheme, width in (("light", 1280), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate(COLOURS_HAVE_CHANGED)
        assert_nothing_grave(Axe().run(page, options=ASKED).response["violations"], f"{path}, {scheme}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than {width}"
        assert page.evaluate(BROKEN) == [], f"{path}, {width}: words set letter under letter"
