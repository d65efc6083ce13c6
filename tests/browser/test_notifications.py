"""Being told: the bell, toasts, the inbox, levels, reasons; over tabs and by keys."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Enter, listen
from tests.browser.site import Site
from tests.browser.steps import message, room_link, say, wait_until_connected

BOTH = {"people": ["alice", "bob"], "rooms": {"general": ["alice", "bob"], "design": ["alice", "bob"]}}


def bell(page: Page) -> Locator:
    return page.locator(".bell--side .bell__count")


def inbox(page: Page) -> Locator:
    return page.locator("notification-inbox dialog")


def items(page: Page) -> Locator:
    return page.locator("notification-inbox .item")


def open_inbox(page: Page) -> None:
    page.keyboard.press("Alt+i")
    expect(inbox(page)).to_be_visible()


def assert_accessible(page: Page, where: str) -> None:
    found = Axe().run(page).response["violations"]
    grave = [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in {"serious", "critical"}]
    assert grave == [], where


def test_a_mention_counts_and_shows_a_toast_that_leads_to_it(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    alice, bob = enter(site, keys["alice"], "/rooms/design/"), enter(site, keys["bob"], "/rooms/general/")
    wait_until_connected(alice)
    say(bob, "Hello @alice")
    toast = alice.locator(".notice")
    expect(toast).to_contain_text("Hello @alice")
    expect(bell(alice)).to_have_text("1")
    toast.get_by_role("link").click()
    expect(alice).to_have_url(re.compile(r"/rooms/general/\d+/$"))
    expect(message(alice, "Hello @alice")).to_be_in_viewport()
    expect(bell(alice)).to_have_text("")
    expect(toast).to_have_count(0)


def test_what_one_is_reading_makes_neither_toast_nor_number(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    alice, bob = (enter(site, keys[name], "/rooms/general/") for name in ("alice", "bob"))
    wait_until_connected(alice)
    alice.bring_to_front()
    alice.evaluate(
        "window.shown = []; new MutationObserver(() => shown.push(document.querySelector('.bell__count').textContent))"
        ".observe(document.querySelector('.bell__count'), {childList: true})"
    )
    say(bob, "Here, @alice")
    expect(message(alice, "Here, @alice")).to_be_visible()
    open_inbox(alice)
    expect(items(alice)).to_have_count(1)
    expect(alice.locator(".item--unread")).to_have_count(0)
    expect(alice.locator(".notice")).to_have_count(0)
    assert [text for text in alice.evaluate("shown") if text] == []


def test_read_on_one_page_is_read_on_the_other(site: Site, enter: Enter, complaints: list[str]) -> None:
    keys = site.seed(**BOTH)
    first, bob = enter(site, keys["alice"], "/rooms/design/"), enter(site, keys["bob"], "/rooms/general/")
    second = first.context.new_page()
    listen(second, complaints)
    second.goto("/rooms/design/")
    for page in (first, second):
        wait_until_connected(page)
    say(bob, "@alice one")
    for page in (first, second):
        expect(bell(page)).to_have_text("1")
    open_inbox(second)
    items(second).get_by_role("button", name="Mark as read").click()
    for page in (first, second):
        expect(bell(page)).to_have_text("")
    items(second).get_by_role("button", name="Mark as unread").click()
    expect(bell(first)).to_have_text("1")
    room_link(first, "general").click()
    for page in (first, second):
        expect(bell(page)).to_have_text("")


def test_the_inbox_by_keys_alone(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    alice, bob = enter(site, keys["alice"], "/rooms/design/"), enter(site, keys["bob"], "/rooms/general/")
    wait_until_connected(alice)
    for text in ("@alice one", "@alice two", "@alice three"):
        say(bob, text)
    expect(bell(alice)).to_have_text("3")
    alice.locator("#message").focus()
    open_inbox(alice)
    expect(items(alice)).to_have_count(1)
    press = alice.keyboard.press
    press("ArrowDown")
    expect(items(alice).locator("a").first).to_be_focused()
    press("ArrowRight")
    expect(items(alice).locator(".item__rest > li")).to_have_count(2)
    press("ArrowDown")
    press("u")
    expect(bell(alice)).to_have_text("2")
    press("Shift+A")
    expect(bell(alice)).to_have_text("")
    press("2")
    expect(alice.get_by_role("tab", name="Unread")).to_have_attribute("aria-selected", "true")
    expect(alice.locator(".inbox__none")).to_contain_text("All read")
    press("3")
    expect(items(alice)).to_have_count(1)
    assert_accessible(alice, "the inbox")
    press("ArrowDown")
    press("w")
    expect(alice.locator("#why")).to_contain_text("Bob mentioned you")
    press("Escape")
    press("Escape")
    expect(inbox(alice)).to_be_hidden()
    expect(alice.locator("#message")).to_be_focused()
    open_inbox(alice)
    press("ArrowDown")
    press("Enter")
    expect(inbox(alice)).to_be_hidden()
    expect(message(alice, "@alice three")).to_be_in_viewport()


def test_older_ones_follow_when_one_scrolls(site: Site, enter: Enter) -> None:
    people = ["alice", "bob"]
    rooms = {f"room{number}": people for number in range(45)}
    said = {slug: [["bob", "@alice look"]] for slug in rooms}
    keys = site.seed(people=people, rooms={"general": people} | rooms, messages=said)
    alice = enter(site, keys["alice"], "/rooms/general/")
    expect(bell(alice)).to_have_text("45")
    open_inbox(alice)
    expect(items(alice).first).to_be_visible()
    alice.keyboard.press("ArrowDown")
    for _ in range(45):
        alice.keyboard.press("End")
        if items(alice).count() == 45:
            break
    expect(items(alice)).to_have_count(45)


def test_a_room_with_nothing_is_silent_and_dim(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    alice, bob = (enter(site, keys[name], "/rooms/general/") for name in ("alice", "bob"))
    wait_until_connected(alice)
    alice.keyboard.press("Alt+m")
    expect(alice.get_by_role("menuitemradio", name="Mentions")).to_be_focused()
    alice.keyboard.press("ArrowDown")
    alice.keyboard.press("Enter")
    expect(alice.get_by_role("button", name="Notify me of nothing")).to_be_visible()
    expect(room_link(alice, "general")).to_have_class(re.compile("muted"))
    room_link(alice, "design").click()
    say(bob, "@alice psst")
    expect(room_link(alice, "general").locator(".badge")).to_have_text("1")
    expect(alice).to_have_title("design · Confab")
    expect(bell(alice)).to_have_text("")
    alice.reload()
    expect(room_link(alice, "general")).to_have_class(re.compile("muted"))
    expect(alice).to_have_title("design · Confab")
    expect(alice.locator(".notice")).to_have_count(0)


def test_a_message_says_why_it_was_told_of_or_not(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH, messages={"general": [["bob", "Nobody in particular"], ["bob", "You, @alice"]]})
    alice = enter(site, keys["alice"], "/rooms/general/")
    wait_until_connected(alice)
    message(alice, "You, @alice").focus()
    alice.keyboard.press("w")
    why = alice.locator("#why")
    expect(why).to_contain_text("Bob mentioned you")
    expect(why.locator("[data-channel=app]")).to_contain_text("Sent")
    expect(why.locator("[data-channel=push]")).to_contain_text("None of your devices")
    assert_accessible(alice, "the reasons")
    alice.keyboard.press("Escape")
    message(alice, "Nobody in particular").hover()
    message(alice, "Nobody in particular").get_by_role("button", name="Message actions").click()
    alice.get_by_role("menuitem", name="Why was I (not) notified?").click()
    expect(why.locator("[data-channel=app]")).to_contain_text("Not sent")


def test_on_a_phone_the_bell_is_in_the_header(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH, messages={"design": [["bob", "@alice here"]]})
    page = enter(
        site, keys["alice"], "/rooms/general/", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    expect(page.locator(".bell--head .bell__count")).to_have_text("1")
    page.get_by_role("button", name="Notifications, 1 unread").tap()
    expect(items(page)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    items(page).get_by_role("link").tap()
    expect(page.locator(".room-header__name")).to_have_text("design")
