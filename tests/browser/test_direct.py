"""Conversations of a few people, and people one would rather not hear of."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.steps import act, choose, conversation_link, go_to, message, room_link, say, wait_until_connected

PEOPLE = ["alice", "bob", "carol"]
WANTED = {"people": PEOPLE, "rooms": {"general": PEOPLE, "design": PEOPLE}}
DIRECT = re.compile("/rooms/direct-[0-9a-f]{16}/$")


def test_two_people_find_each_other_and_talk(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED)
    alice, bob = (enter(site, keys[name], "/rooms/general/") for name in ("alice", "bob"))
    for page in (alice, bob):
        wait_until_connected(page)
    go_to(alice, "bob")
    expect(alice).to_have_url(DIRECT)
    expect(alice.locator(".start")).to_contain_text("This is the beginning of your conversation with Bob.")
    expect(alice.locator(".room-header__topic")).to_have_text("@bob")
    expect(bob.locator("[data-direct] .room-link")).to_have_count(0)
    say(alice, "Lunch?")
    expect(alice.locator(".room-header__topic")).to_have_text("@bob · online")
    link = conversation_link(bob, "Alice")
    expect(link).to_have_accessible_name("Alice online 1 unread")
    expect(link).to_have_class(re.compile("unread"))
    expect(bob).to_have_title("(1) general · Confab")
    bob.keyboard.press("Alt+Shift+ArrowDown")
    expect(message(bob, "Lunch?")).to_be_visible()
    expect(bob).to_have_title("Alice · Confab")
    say(bob, "In ten minutes")
    expect(message(alice, "In ten minutes")).to_be_visible()
    expect(conversation_link(alice, "Bob")).to_have_attribute("aria-current", "page")
    expect(alice).to_have_title("Bob · Confab")


def test_a_conversation_that_is_there_is_found_again_and_the_latest_stands_first(site: Site, enter: Enter) -> None:
    said = [{"people": ["alice", name], "messages": [[name, f"I am {name}"]]} for name in ("bob", "carol")]
    keys = site.seed(**WANTED, direct=said)
    page = enter(site, keys["alice"], "/rooms/general/")
    names = page.locator("[data-direct] .room-link__name")
    expect(names).to_have_text(["Carol", "Bob"])
    go_to(page, "bob")
    expect(message(page, "I am bob")).to_be_visible()
    say(page, "And I am Alice")
    expect(names).to_have_text(["Bob", "Carol"])
    page.reload()
    expect(names).to_have_text(["Bob", "Carol"])


def test_a_group_is_put_together_by_keys_alone(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED)
    alice, carol = (enter(site, keys[name], "/rooms/general/") for name in ("alice", "carol"))
    for page in (alice, carol):
        wait_until_connected(page)
    alice.keyboard.press("Control+k")
    alice.keyboard.type("bob")
    expect(alice.get_by_role("option", name="Bob")).to_have_attribute("aria-selected", "true")
    alice.keyboard.press("Shift+Enter")
    dialog = alice.get_by_role("dialog", name="New message")
    expect(dialog.locator(".chip")).to_contain_text(["Bob"])
    expect(dialog.get_by_role("combobox")).to_be_focused()
    alice.keyboard.type("car")
    expect(dialog.get_by_role("option", name="Carol")).to_be_visible()
    alice.keyboard.press("Enter")
    expect(dialog.locator(".chip")).to_contain_text(["Bob", "Carol"])
    alice.keyboard.press("Enter")
    expect(alice.locator(".room-header__name")).to_have_text("Bob, Carol")
    expect(alice.locator(".room-header__topic")).to_have_text("3 people")
    alice.get_by_role("button", name=re.compile("^People,")).click()
    expect(alice.locator("member-list").get_by_role("button", name="Carol")).to_be_visible()
    for name in ("Invite people", "Room settings"):
        expect(alice.get_by_role("link", name=name)).to_have_count(0)
    alice.keyboard.press("Escape")
    alice.locator("#message").focus()
    alice.keyboard.type("Cake on Friday?")
    alice.keyboard.press("Enter")
    expect(alice.locator(".room-header__topic")).to_have_text("3 people · 2 online")
    conversation_link(carol, "Alice, Bob").click()
    say(carol, "Yes, @room!")
    expect(message(alice, "Yes, @room!")).to_have_class(re.compile("message--to-me"))
    expect(alice.locator(".mention--me")).to_have_text("@room")


def test_somebody_blocked_is_folded_away_and_can_write_no_more(site: Site, enter: Enter) -> None:
    said = {"general": [["carol", "Buy this"], ["carol", "And that"], ["alice", "No"]]}
    keys = site.seed(
        **WANTED, messages=said, direct=[{"people": ["alice", "carol"], "messages": [["carol", "Hello?"]]}]
    )
    alice, second = (enter(site, keys["alice"], "/rooms/general/") for _ in range(2))
    carol = enter(site, keys["carol"], "/rooms/general/")
    for page in (alice, second, carol):
        wait_until_connected(page)
    message(alice, "Buy this").get_by_role("button", name="Carol").click()
    choose(alice, "Block")
    alice.locator("#confirm").get_by_role("button", name="Block").click()
    for page in (alice, second):
        expect(page.locator(".message--folded")).to_contain_text("2 messages of people you have blocked.")
        expect(message(page, "Buy this")).to_have_count(0)
    alice.get_by_role("button", name="Show").click()
    expect(message(alice, "And that")).to_be_visible()
    expect(second.locator(".message--folded")).to_be_visible()
    conversation_link(alice, "Carol").click()
    expect(alice.locator(".composer__standing")).to_contain_text("You have blocked Carol.")
    expect(alice.locator("#message")).to_be_hidden()
    conversation_link(carol, "Alice").click()
    say(carol, "Still there?")
    expect(carol.locator(".message--failed")).to_contain_text("Not sent.")
    alice.get_by_role("button", name="Unblock").click()
    expect(alice.locator("#message")).to_be_visible()
    carol.get_by_role("button", name="Try again").click()
    expect(message(alice, "Still there?")).to_be_visible()
    expect(second.locator(".message--folded")).to_have_count(0)


def test_a_call_of_all_counts_as_a_mention(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED)
    alice, bob = (
        enter(site, keys[name], f"/rooms/{room}/") for name, room in (("alice", "general"), ("bob", "design"))
    )
    for page in (alice, bob):
        wait_until_connected(page)
    say(alice, "One")
    alice.locator("#message").press_sequentially("@ro")
    expect(alice.get_by_role("option", name="@room Everybody, 2 people")).to_have_attribute("aria-selected", "true")
    alice.keyboard.press("Enter")
    expect(alice.locator("#message")).to_have_value("@room ")
    alice.keyboard.type("two")
    alice.keyboard.press("Enter")
    expect(room_link(bob, "general").locator(".badge")).to_have_text("1")
    room_link(bob, "general").click()
    expect(message(bob, "@room two")).to_have_class(re.compile("message--to-me"))
    expect(message(alice, "@room two")).not_to_have_class(re.compile("message--to-me"))
    bob.locator("#message").press_sequentially("@ro")
    expect(bob.locator(".completion")).to_be_hidden()


def test_from_the_list_of_people_to_a_conversation(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED)
    page = enter(site, keys["alice"], "/rooms/general/")
    wait_until_connected(page)
    page.get_by_role("button", name=re.compile("^People,")).click()
    page.locator("member-list").get_by_role("button", name="Bob").click()
    choose(page, "Message")
    expect(page).to_have_url(DIRECT)
    expect(page.locator(".room-header__name")).to_have_text("Bob")


def test_who_wrote_a_message_is_a_key_away(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED, messages={"general": [["bob", "Hello"]]})
    page = enter(site, keys["alice"], "/rooms/general/")
    wait_until_connected(page)
    message(page, "Hello").focus()
    page.keyboard.press("p")
    expect(page.locator("person-menu").get_by_role("button", name="Message")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("person-menu").get_by_role("button", name="Block")).to_be_focused()
    page.keyboard.press("Escape")
    act(page, "Hello", "About Bob")
    expect(page.locator("person-menu")).to_contain_text("@bob")


def test_without_a_connection_one_gets_where_one_has_been(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED, direct=[{"people": ["alice", "bob"], "messages": [["bob", "Kept"]]}])
    page = enter(site, keys["alice"], "/rooms/general/")
    wait_until_connected(page)
    site.kill()
    expect(page.locator("connection-banner")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("carol")
    expect(page.locator(".switcher__none").first).to_contain_text("when the connection is back")
    page.keyboard.press("Escape")
    go_to(page, "bob")
    expect(page.locator(".room-header__name")).to_have_text("Bob")
    say(page, "Later")
    expect(page.locator(".message--pending")).to_have_text(re.compile("Later"))


def test_on_a_narrow_page(site: Site, enter: Enter) -> None:
    keys = site.seed(**WANTED)
    page = enter(site, keys["alice"], "/rooms/general/", viewport={"width": 320, "height": 640}, has_touch=True)
    wait_until_connected(page)
    _open_drawer(page)
    page.locator("[data-direct]").get_by_role("button", name="Write to somebody").tap()
    dialog = page.get_by_role("dialog", name="New message")
    dialog.get_by_role("option", name="Carol").tap()
    dialog.get_by_role("button", name="Start").tap()
    expect(page.locator(".room-header__name")).to_have_text("Carol")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    say(page, "From a phone")
    expect(page.locator(".message--pending")).to_have_count(0)
    _open_drawer(page)
    expect(conversation_link(page, "Carol")).to_be_in_viewport()


def _open_drawer(page: Page) -> None:
    page.get_by_role("button", name="Rooms", exact=True).tap()
    expect(page.locator(".sidebar")).to_be_visible()
