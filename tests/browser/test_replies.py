"""Messages that answer others."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.steps import act, message, say, wait_until_connected

BOTH = {"people": ["alice", "bob"], "rooms": {"general": ["alice", "bob"], "design": ["alice", "bob"]}}


def test_an_answer_shows_what_it_answers_and_stands_out_for_whom_it_answers(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH, messages={"general": [["alice", "Who is **around**?"]]})
    alice, bob = (enter(site, keys[name], "/rooms/general/") for name in ("alice", "bob"))
    for page in (alice, bob):
        wait_until_connected(page)
    act(bob, "Who is around?", "Reply")
    expect(bob.locator(".composer__reply")).to_have_text(re.compile("Replying to Alice.*Who is around\\?"))
    say(bob, "I am")
    expect(bob.locator(".composer__reply")).to_be_hidden()
    answer = message(alice, "I am")
    expect(answer.locator(".quote")).to_have_text(re.compile("Alice.*Who is around\\?"))
    expect(answer).to_have_class(re.compile("message--to-me"))
    expect(message(bob, "I am")).not_to_have_class(re.compile("message--to-me"))


def test_a_quote_changes_with_its_message(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH, messages={"general": [["alice", "Helo"], ["bob", "Hi", 0]]})
    alice, bob = (enter(site, keys[name], "/rooms/general/") for name in ("alice", "bob"))
    wait_until_connected(bob)
    alice.locator("#message").press("ArrowUp")
    say(alice, "Hello")
    expect(message(bob, "Hi").locator(".quote")).to_contain_text("Hello")
    act(alice, "Hello", "Delete")
    alice.locator("#confirm").get_by_role("button", name="Delete").click()
    expect(message(bob, "Hi").locator(".quote__gone")).to_have_text("deleted message")


def test_a_quote_leads_to_its_message_however_far_away(site: Site, enter: Enter) -> None:
    said: list[list[object]] = [["bob", f"line {number}."] for number in range(200)]
    keys = site.seed(**BOTH, messages={"general": [*said, ["alice", "far", 3], ["alice", "near", 199]]})
    page = enter(site, keys["bob"], "/rooms/general/")
    wait_until_connected(page)
    message(page, "near").locator(".quote").click()
    expect(message(page, "line 199.")).to_be_focused()
    expect(message(page, "line 3.")).to_have_count(0)
    message(page, "far").locator(".quote").focus()
    page.keyboard.press("Enter")
    expect(message(page, "line 3.")).to_be_in_viewport()
    expect(message(page, "line 3.")).to_be_focused()
    expect(message(page, "line 3.")).to_have_class(re.compile("message--found"))
    page.locator(".pill--down").click()
    expect(message(page, "near")).to_be_in_viewport()


def test_answering_by_keys_survives_a_reload_another_room_and_being_offline(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH, messages={"general": [["alice", "Coffee?"]]})
    page = enter(site, keys["bob"], "/rooms/general/")
    wait_until_connected(page)
    message(page, "Coffee?").focus()
    page.keyboard.press("r")
    expect(page.locator("#message")).to_be_focused()
    page.locator("[data-room=design]").click()
    expect(page.locator(".composer__reply")).to_be_hidden()
    page.locator("[data-room=general]").click()
    expect(page.locator(".composer__reply")).to_contain_text("Coffee?")
    page.keyboard.press("Escape")
    expect(page.locator(".composer__reply")).to_be_hidden()
    message(page, "Coffee?").focus()
    page.keyboard.press("r")
    page.keyboard.type("Yes")
    page.reload()
    wait_until_connected(page)
    expect(page.locator(".composer__reply")).to_contain_text("Coffee?")
    expect(page.locator("#message")).to_have_value("Yes")
    site.kill()
    page.locator("#message").press("Enter")
    expect(page.locator(".message--pending .quote")).to_contain_text("Coffee?")
    site.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator(".message--pending")).to_have_count(0)
    expect(message(page, "Yes").locator(".quote")).to_contain_text("Coffee?")


def test_an_edit_does_not_lose_what_is_being_answered(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH, messages={"general": [["alice", "Tea?"], ["bob", "Noo"]]})
    page = enter(site, keys["bob"], "/rooms/general/")
    wait_until_connected(page)
    act(page, "Tea?", "Reply")
    page.locator("#message").press("ArrowUp")
    expect(page.locator(".composer__reply")).to_be_hidden()
    say(page, "No")
    expect(message(page, "No").locator(".message__edited")).to_be_visible()
    expect(page.locator(".composer__reply")).to_contain_text("Tea?")
