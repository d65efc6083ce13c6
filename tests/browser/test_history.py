"""A room with a past."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.steps import message

LONG = [["bob", f"line {number}."] for number in range(1, 401)]
WANTED = {"people": ["alice", "bob"], "rooms": {"general": ["alice", "bob"]}, "messages": {"general": LONG}}


def test_scrolling_up_reaches_the_beginning_and_holds_the_place(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED)
    page = enter(site, keys["alice"], "/rooms/general/")
    expect(message(page, "line 400.")).to_be_in_viewport()
    before = page.locator(".message").count()
    page.locator(".timeline__box").evaluate("box => { box.scrollTop = 300; }")
    place = page.evaluate(_PLACE)
    expect(page.locator(".message")).not_to_have_count(before)
    seq, top = place
    assert abs(page.locator(f"[data-seq='{seq}']").evaluate("row => row.getBoundingClientRect().top") - top) <= 2
    _scroll(page, 0, ".start")
    expect(message(page, "line 1.")).to_be_visible()
    assert page.locator(".message").count() <= 310
    page.locator(".pill--down").click()
    expect(message(page, "line 400.")).to_be_in_viewport()


def test_a_link_to_a_message_opens_around_it_and_the_rest_follows(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED)
    page = enter(site, keys["alice"], "/rooms/general/101/")
    expect(message(page, "line 100.")).to_be_in_viewport()
    _scroll(page, 1_000_000, ".message:has-text('line 400.')")
    expect(page.locator(".pill--down")).to_be_hidden()


def test_unread_far_above_are_one_press_away(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED)
    page = enter(site, keys["alice"], "/rooms/general/")
    page.locator(".pill--up").click()
    expect(page.locator(".rule--new")).to_be_in_viewport()
    expect(message(page, "line 1.")).to_be_in_viewport()
    expect(page.locator(".pill--down")).to_be_visible()


def test_a_reader_further_up_is_left_alone_and_told(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED)
    alice, bob = (enter(site, keys[name], "/rooms/general/") for name in ("alice", "bob"))
    expect(message(alice, "line 400.")).to_be_in_viewport()
    alice.locator(".timeline__box").evaluate("box => { box.scrollTop -= 1000; }")
    expect(alice.locator(".pill--down")).to_be_visible()
    bob.locator("#message").fill("something new")
    bob.locator("#message").press("Enter")
    expect(alice.locator(".pill--down")).to_have_text("1 new")
    expect(message(alice, "something new")).not_to_be_in_viewport()
    alice.locator(".pill--down").click()
    expect(message(alice, "something new")).to_be_in_viewport()
    expect(alice).to_have_title("general · Confab")


def test_back_and_forward_go_through_the_rooms(site: Site, enter: Enter) -> None:
    keys = site.seed(people=["alice"], rooms={"general": ["alice"], "design": ["alice"]})
    page = enter(site, keys["alice"], "/rooms/general/")
    page.locator("[data-room=design]").click()
    expect(page.locator(".room-header__name")).to_have_text("design")
    page.go_back()
    expect(page.locator(".room-header__name")).to_have_text("general")
    expect(page).to_have_url(re.compile("/rooms/general/$"))


_PLACE = """() => {
  const edge = document.querySelector(".timeline__box").getBoundingClientRect().top;
  const row = [...document.querySelectorAll(".message")].find((one) => one.getBoundingClientRect().bottom > edge);
  return [row.dataset.seq, row.getBoundingClientRect().top];
}"""


def _scroll(page: Page, to: int, until: str) -> None:
    """Scrolls as far as there is, again and again while pages come in, until something is in sight."""
    page.wait_for_function(
        """([to, until]) => {
          const box = document.querySelector(".timeline__box");
          const found = document.querySelector(until.replace(/:has-text.*/, ""));
          box.scrollTop = to;
          const wanted = until.match(/:has-text\\('(.*)'\\)/)?.[1];
          const rows = [...document.querySelectorAll(".message__body")];
          return wanted ? rows.some((row) => row.textContent.includes(wanted)) : !!found;
        }""",
        arg=[to, until],
        polling=100,
    )
