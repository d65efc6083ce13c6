"""Every page: nothing to complain of in the console, in the content policy, for those who listen, at any width."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.steps import (
    act,
    assert_accessible,
    assert_accessible_in_light_and_dark,
    choose,
    conversation_link,
    say,
    wait_until_connected,
)

INSIDE = [
    "/rooms/general/",
    "/rooms/",
    "/rooms/new/",
    "/rooms/general/settings/",
    "/rooms/general/invite/",
    "/profile/",
    "/notifications/",
    "/notifications/preferences/",
    "/invite/nothing/",
]
OUTSIDE = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
WIDTHS = {"wide": 1280, "narrow": 320}
SAID = [
    ["bob", "Hello @alice, see https://example.org and `code`"],
    ["bob", "```python\ndef f(x):\n    return x + 1  # one more\n```"],
    ["alice", "> quoted\n\n- one\n- two"],
    ["bob", "🎉"],
]


@pytest.mark.parametrize("width", WIDTHS.values(), ids=list(WIDTHS))
def test_every_page_is_sound(site: Site, enter: Enter, complaints: list[str], width: int) -> None:
    keys = site.seed(
        people=["alice", "bob"], rooms={"general": ["alice", "bob"], "design": ["bob"]}, messages={"general": SAID}
    )
    options = {"reduced_motion": "reduce", "viewport": {"width": width, "height": 700}}
    page = enter(site, keys["alice"], "/rooms/general/", **options)
    wait_until_connected(page)
    for path in INSIDE:
        _check(page, path)
    anonymous = enter(site, None, "/accounts/login/", **options)
    for path in OUTSIDE:
        _check(anonymous, path)
    # The invitation that is none is a 404, as it shall be; the browser notes that.
    complaints[:] = [text for text in complaints if "404" not in text]


@pytest.mark.parametrize("opener", ["New room", "Browse rooms"])
def test_dialogs_are_sound(site: Site, enter: Enter, opener: str) -> None:
    keys = site.seed(people=["alice"], rooms={"general": ["alice"]})
    page = enter(site, keys["alice"], "/rooms/general/", reduced_motion="reduce")
    page.locator(".sidebar").get_by_role("link", name=opener).click()
    expect(page.locator("remote-dialog dialog")).to_be_visible()
    assert_accessible(page, opener)
    page.keyboard.press("Escape")
    expect(page.locator("remote-dialog dialog")).to_be_hidden()


def test_conversations_answers_and_blocked_people_are_sound(site: Site, enter: Enter) -> None:
    people = ["alice", "bob", "carol"]
    said = [["bob", "Hello"], ["alice", "Hi, @room", 0], ["carol", "Noise"], ["bob", "Good", 1]]
    direct = [{"people": ["alice", "carol"], "messages": [["carol", "Hello"]]}, {"people": people, "messages": said}]
    keys = site.seed(people=people, rooms={"general": people}, messages={"general": said}, direct=direct)
    page = enter(site, keys["alice"], "/rooms/general/", reduced_motion="reduce")
    wait_until_connected(page)
    page.locator(".message__author", has_text="Carol").click()
    assert_accessible_in_light_and_dark(page, "a person's menu")
    choose(page, "Block")
    page.locator("#confirm [value=yes]").click()
    page.locator("[data-act=members]").click()
    expect(page.locator(".members__proof")).to_have_text(re.compile(r"^Complete to #\d+$"))
    act(page, "Hello", "Reply")
    expect(page.locator(".message--folded")).to_be_visible()
    page.locator("#message").press_sequentially("@o")
    expect(page.locator(".completion")).to_be_visible()
    assert_accessible_in_light_and_dark(page, "a room with answers")
    for name in ("Bob, Carol", "Carol"):
        conversation_link(page, name).click()
        assert_accessible_in_light_and_dark(page, name)
    page.get_by_role("button", name="New message").first.click()
    page.locator("#new-message [role=option]").first.click()
    expect(page.locator("#new-message .chip")).to_be_visible()
    assert_accessible_in_light_and_dark(page, "a new message")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.locator("room-switcher [role=option]").first).to_be_visible()
    assert_accessible_in_light_and_dark(page, "the switcher")


def test_a_room_is_made_in_a_dialog_and_open_at_once(site: Site, enter: Enter) -> None:
    keys = site.seed(people=["alice"], rooms={"general": ["alice"]})
    page = enter(site, keys["alice"], "/rooms/general/")
    wait_until_connected(page)
    page.locator(".sidebar").get_by_role("link", name="New room").click()
    page.get_by_label("Name").fill("Garden")
    page.get_by_role("button", name="Create the room").click()
    expect(page.locator(".start__title")).to_have_text("Garden")
    expect(page.get_by_role("link", name="Invite people").last).to_be_visible()
    say(page, "First!")
    expect(page.locator(".message--pending")).to_have_count(0)


def test_light_and_dark_are_remembered(site: Site, enter: Enter) -> None:
    keys = site.seed(people=["alice"], rooms={"general": ["alice"]})
    page = enter(site, keys["alice"], "/rooms/general/", color_scheme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(".sidebar__me").click()
    page.get_by_role("button", name="Dark").click()
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def _check(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("h1").first).not_to_have_text("")
    assert_accessible_in_light_and_dark(page, path)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than its window"
