"""The live dashboard beside people who talk, on two workers of which one is killed."""

import os
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.steps import assert_accessible_in_light_and_dark, say, wait_until_connected

PATH = "/admin/dashboard/"


def figure(name: str) -> str:
    return f"[data-figure={name}] .meter__value"


@pytest.mark.parametrize("supervised_site", [2], ids=["two workers"], indirect=True)
def test_figures_move_and_a_killed_worker_goes(supervised_site: Site, enter: Enter) -> None:
    rooms = {"general": ["alice", "bob"], "attic": ["alice"]}
    keys = supervised_site.seed(superusers=["alice"], people=["bob"], rooms=rooms)
    board = enter(supervised_site, keys["alice"], "/admin/")
    board.locator("#header").get_by_role("link", name="Dashboard").click()
    expect(board.locator(".live__word")).to_have_text("Live")
    expect(board.locator(".worker")).to_have_count(2)
    expect(board.locator(figure("people"))).to_have_text("0")

    bob = enter(supervised_site, keys["bob"], "/rooms/general/")
    wait_until_connected(bob)
    say(bob, "Does anybody see this?")
    expect(board.locator(figure("people"))).to_have_text("1")
    general = board.locator(".board--rooms tbody tr", has_text="general")
    expect(general.locator("td").nth(1)).to_have_text("1")
    expect(general.locator("td").nth(2)).not_to_have_text("0")

    board.keyboard.press("/")
    board.keyboard.type("att")
    expect(board.locator(".board--rooms tbody tr")).to_have_count(1)
    expect(board).to_have_url(re.compile(r"\?q=att$"))
    board.get_by_role("button", name="Room").click()
    expect(board.locator("th[aria-sort=ascending]")).to_have_text("Room")
    expect(board.get_by_role("link", name="attic")).to_have_attribute(
        "href", re.compile(r"^/admin/chat/room/\d+/change/$")
    )

    name = board.locator(".worker b").first.inner_text()
    os.kill(int(name.rpartition(" ")[2]), signal.SIGKILL)
    expect(board.locator(".worker--silent", has_text=name)).to_be_visible()
    expect(board.locator(".worker", has_text=name)).to_have_count(0)
    expect(board.locator(".live__word")).to_have_text("Live")
    expect(board.locator(".state--serving")).to_have_count(2)  # the supervisor has put another in its place


@pytest.mark.parametrize("width", [1280, 390])
def test_the_dashboard_is_sound(site: Site, enter: Enter, width: int) -> None:
    rooms = {"general": ["alice"], "a-room-with-a-name-that-does-not-end-where-one-would-hope": ["alice"]}
    keys = site.seed(superusers=["alice"], rooms=rooms, messages={"general": [["alice", "hello"]]})
    page = enter(site, keys["alice"], PATH, viewport={"width": width, "height": 800})
    expect(page.locator(".live__word")).to_have_text("Live")
    expect(page.locator(".board--rooms tbody tr")).to_have_count(2)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible_in_light_and_dark(page, PATH, ".dash")  # what is around it is the admin's
    site.kill()
    expect(page.locator(".dash")).to_have_attribute("data-live", "no")
    expect(page.locator(".live__time")).to_have_text(re.compile("^figures of "))
