"""The whole way without a mouse, and on a phone without keys."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.steps import message, say
from tests.factories import PASSWORD

WANTED = {"people": ["alice", "bob"], "rooms": {"general": ["alice", "bob"], "design": ["alice", "bob"]}}


def test_from_signing_in_to_deleting_a_message_by_keys_alone(site: Site, enter: Enter) -> None:
    site.seed(**WANTED)
    page = enter(site, None, "/rooms/general/")
    keys = page.keyboard
    keys.type("alice")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.locator("#message")).to_be_focused()
    keys.type("one")
    keys.press("Shift+Enter")
    keys.type("two :tad")
    expect(page.get_by_role("option").first).to_contain_text("🎉")  # the names are fetched with the first colon
    keys.press("Tab")
    keys.press("Enter")
    expect(message(page, "two 🎉")).to_be_visible()
    keys.press("Control+k")
    keys.type("des")
    keys.press("Enter")
    expect(page).to_have_url(re.compile("/rooms/design/$"))
    keys.press("Alt+ArrowDown")
    expect(page).to_have_url(re.compile("/rooms/general/$"))
    keys.press("Shift+Tab")
    for _ in range(20):
        if page.evaluate("document.activeElement.matches('.timeline__box')"):
            break
        keys.press("Shift+Tab")
    keys.press("ArrowUp")
    expect(message(page, "two 🎉")).to_be_focused()
    keys.press("Enter")
    expect(page.get_by_role("menuitem", name="Reply")).to_be_focused()
    keys.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("#confirm")).to_be_visible()
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator(".message__stone")).to_be_visible()


def test_the_list_of_keys_opens_and_gives_the_focus_back(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED)
    page = enter(site, keys["alice"], "/rooms/general/")
    page.locator(".timeline__box").focus()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator(".timeline__box")).to_be_focused()


def test_on_a_phone_enter_breaks_the_line_and_the_button_sends(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED)
    page = enter(
        site, keys["alice"], "/rooms/general/", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page.locator("#message").tap()
    page.keyboard.type("one")
    page.keyboard.press("Enter")
    page.keyboard.type("two")
    expect(page.locator("#message")).to_have_value("one\ntwo")
    page.get_by_role("button", name="Send").tap()
    expect(message(page, "two")).to_be_visible()
    page.get_by_role("button", name="Rooms", exact=True).tap()
    page.locator("[data-room=design]").tap()
    expect(page.locator(".room-header__name")).to_have_text("design")
    expect(page.locator(".sidebar")).to_be_hidden()


def test_an_input_method_is_left_alone(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED)
    page = enter(site, keys["alice"], "/rooms/general/")
    page.locator("#message").fill("にほん")
    page.locator("#message").evaluate(
        "box => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    expect(page.locator("#message")).to_have_value("にほん")
    say(page, "にほん")
    expect(message(page, "にほん")).to_be_visible()
