"""What moderators do, what the others see of it, and the way back."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.steps import act, assert_accessible, message, say, wait_until_connected

PEOPLE = ["ana", "bob", "carol"]
SAID = [["bob", "Cheap watches"], ["carol", "Not here"], ["bob", "Very cheap watches"]]


def test_a_report_is_made_handled_and_taken_back(site: Site, enter: Enter) -> None:
    ana, carol = _enter(site, enter, "ana", "carol")
    message(carol, "Very cheap watches").focus()
    carol.keyboard.press("f")
    assert_accessible(carol, "a report")
    carol.get_by_label("Anything to add?").fill("Again and again")
    _confirm(carol, "Report")
    expect(carol.locator("#toast")).to_contain_text("Thank you")
    queue = ana.locator(".room-header .queue")
    expect(queue).to_have_accessible_name("Moderation, 1 open report")
    queue.click()
    expect(ana.locator(".mod__row")).to_contain_text("Again and again")
    assert_accessible(ana, "the queue")
    ana.get_by_role("button", name="Delete the message").click()
    expect(carol.locator(".message__stone")).to_be_visible()
    expect(ana.get_by_text("No open reports")).to_be_visible()
    ana.keyboard.press("Alt+z")
    expect(message(carol, "Very cheap watches")).to_be_visible()
    expect(ana.locator(".mod__row")).to_have_count(1)
    ana.get_by_role("button", name="Dismiss").click()
    ana.get_by_role("tab", name="Log").click()
    expect(ana.locator(".mod__row--undone")).to_have_count(1)
    assert_accessible(ana, "the log")


def test_each_act_upon_a_person_reaches_them_and_can_be_undone(site: Site, enter: Enter) -> None:
    ana, bob = _enter(site, enter, "ana", "bob")
    standing = bob.locator(".composer__standing")
    _act(ana, "Mute…", "Mute", "Noise")
    expect(standing).to_contain_text("You are muted until")
    say(bob, "Let me speak")
    expect(bob.locator("#message")).to_have_value("Let me speak")
    _undo(ana)
    expect(standing).not_to_contain_text("muted")
    _act(ana, "Delete messages…", "Delete")
    expect(bob.locator(".message__stone")).to_have_count(2)
    _undo(ana)
    expect(bob.locator(".message__stone")).to_have_count(0)
    _act(ana, "Make moderator…", "Make moderator")
    expect(bob.locator(".room-header .queue")).to_be_visible()
    _undo(ana)
    expect(bob.locator(".room-header .queue")).to_be_hidden()
    act(ana, "Very cheap watches", "Delete")
    _confirm(ana, "Delete")
    expect(bob.locator(".message__stone")).to_have_count(1)
    _undo(ana)
    expect(bob.locator(".message__stone")).to_have_count(0)
    _act(ana, "Ban…", "Ban", "Enough")
    expect(bob).to_have_url("/rooms/other/")
    ana.locator(".room-header .queue").click()
    ana.get_by_role("tab", name="Banned").click()
    expect(ana.locator(".mod__row")).to_contain_text("Enough")
    ana.get_by_role("button", name="Unban").click()
    expect(ana.get_by_text("Nobody is banned")).to_be_visible()


def test_enter_in_the_reason_leads_to_the_button_and_bans_nobody(site: Site, enter: Enter) -> None:
    ana, bob = _enter(site, enter, "ana", "bob")
    _ask(ana, "Ban…")
    ana.get_by_label("Reason").press("Enter")
    ban = ana.locator("dialog.ask").get_by_role("button", name="Ban")
    expect(ban).to_be_focused()
    ana.get_by_label("Reason").focus()
    ana.keyboard.down("Enter")
    ana.keyboard.down("Enter")  # held: it is on the button by now
    ana.keyboard.up("Enter")
    expect(ban).to_be_focused()
    expect(bob).to_have_url("/rooms/general/")
    ana.keyboard.press("Enter")
    expect(bob).to_have_url("/rooms/other/")


def test_a_room_says_why_one_cannot_write_there(site: Site, enter: Enter) -> None:
    ana, bob = _enter(site, enter, "ana", "bob")
    standing = bob.locator(".composer__standing")
    _set(ana, lambda page: page.get_by_label("Slow mode").select_option("3600"))
    expect(standing).to_contain_text("one message every 1 h")
    say(bob, "One")  # he has just spoken
    expect(bob.locator(".message--pending")).to_have_count(1)
    expect(bob.locator(".message--pending")).to_contain_text("Slow mode")
    expect(bob.locator(".composer__send")).to_have_accessible_name(re.compile(r"^Send, in 5\d:\d\d$"))
    assert_accessible(bob, "slow mode")
    _set(ana, lambda page: page.get_by_label("Slow mode").select_option("0"))
    expect(bob.locator(".message--pending")).to_have_count(0)
    _set(ana, lambda page: page.get_by_label("Only owners and moderators write").check())
    expect(standing).to_contain_text("Only owners and moderators write here")
    expect(bob.locator("#message")).to_be_hidden()
    say(ana, "I may")
    expect(message(bob, "I may")).to_be_visible()


def _enter(site: Site, enter: Enter, *names: str) -> list[Page]:
    keys = site.seed(people=PEOPLE, rooms={"general": PEOPLE, "other": PEOPLE}, messages={"general": SAID})
    pages = [enter(site, keys[name], "/rooms/general/", reduced_motion="reduce") for name in names]
    for page in pages:
        wait_until_connected(page)
    return pages


def _act(page: Page, label: str, yes: str, reason: str = "") -> None:
    """Upon Bob, from his menu."""
    _ask(page, label)
    page.get_by_label("Reason").fill(reason)
    _confirm(page, yes)


def _ask(page: Page, label: str) -> None:
    page.locator("button.message__author", has_text="Bob").first.click()
    page.locator("person-menu").get_by_role("button", name=label).click()


def _confirm(page: Page, yes: str) -> None:
    dialog: Locator = page.locator("dialog.ask")
    dialog.get_by_role("button", name=yes).click()
    expect(dialog).to_have_count(0)


def _undo(page: Page) -> None:
    page.keyboard.press("Alt+z")
    expect(page.locator("#toast")).to_contain_text("Undone")


def _set(page: Page, change: Callable[[Page], object]) -> None:
    """In the room's settings."""
    page.locator(".room-header [data-act=settings]").click()
    change(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("remote-dialog dialog")).to_be_hidden()
