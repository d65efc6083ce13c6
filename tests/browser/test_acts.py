"""Every act of the admin, from the addresses that there are: asked, done, written down, taken back where it can be."""

import sqlite3
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.test_admin import SAID, addresses

# What is written into fields, by their names; and where an act needs something else than what stands there.
WRITTEN = {
    "reason": "Because",
    "days": "30",
    "keep_days": "30",
    "text": "At ten we update.",
    "title": "At ten we update.",
}
OTHERWISE = {
    "configure": {"name": "Harbour"},
    "restrict": {"slow_mode_seconds": "30"},
    "transfer": {"person": "bob", "username": "bob"},
    "add": {"name": "Agora", "owner": "bob"},
}
# Taken back by another act, which comes last; and what is needed for others.
PAIRS = {"suspend": "reinstate", "archive": "restore"}
KEPT = {*PAIRS, "reinstate"}
# Before the act that ends all of a person's.
FIRST = {"end", "revoke"}


def test_every_act_is_done_written_down_and_taken_back(site: Site, enter: Enter, complaints: list[str]) -> None:
    keys = site.seed(
        superusers=["ann"],
        people=["bob", "cyd"],
        rooms={"general": ["cyd", "bob"]},
        messages={"general": SAID},
        moderated=["bob", "general"],
    )
    page, database = enter(site, keys["ann"], "/admin/"), site.data_dir / "db.sqlite3"
    [(cyd,)] = _asked(database, "SELECT id FROM accounts_user WHERE username = 'cyd'")
    done = 0
    for path in [f"accounts/user/{cyd}/reinstate/", *sorted(addresses(database), key=_turn)]:
        page.goto(f"/admin/{path}")
        if page.locator("form.act__form").count():
            _act(page, path, database)
            done += 1
    assert done > 25
    assert _asked(database, "SELECT count(*) FROM audit_entry WHERE undoes_id IS NOT NULL") >= [(15,)]


def _turn(path: str) -> tuple[bool, str, int]:
    """Pairs come last of what is done to one thing."""
    act = _name(path)
    thing = path.rstrip("/").removesuffix(act)
    return act not in FIRST, thing, 1 if act in PAIRS else 2 if act in PAIRS.values() else 0


def _name(path: str) -> str:
    return path.rstrip("/").split("/")[-1]


def _act(page: Page, path: str, database: Path) -> None:
    before = _entries(database)
    for field in page.locator("form.act__form").locator("input:visible, textarea:visible, select:visible").all():
        _fill(field, _name(path))
    page.locator("form.act__form [name=confirm]").click()
    said = page.locator(".messagelist .success")
    expect(said, path).to_have_count(1)
    assert _entries(database) == before + 1, path
    way = said.get_by_role("link", name="Undo")
    if way.count() and _name(path) not in KEPT:
        way.click()
        page.get_by_label("Reason").fill("By mistake")
        page.locator("form.act__form [name=confirm]").click()
        expect(said, f"{path}, taken back").to_have_count(1)
        assert _entries(database) == before + 2, path


def _fill(field: Locator, act: str) -> None:
    name = field.get_attribute("name") or ""
    other = OTHERWISE.get(act, {}).get(name)
    if field.evaluate("field => field.tagName") == "SELECT":
        last = field.evaluate("field => [...field.options].findLastIndex((one) => one.value && !one.selected)")
        field.select_option(index=last)
    elif other or (name in WRITTEN and not field.input_value()):
        field.fill(other or WRITTEN[name])


def _entries(database: Path) -> int:
    [(count,)] = _asked(database, "SELECT count(*) FROM audit_entry")
    return int(count)


def _asked(database: Path, query: str) -> list[tuple[int]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()
