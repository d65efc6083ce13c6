"""What moderators do, what the others see of it, and the way back."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.steps import (
    act,
    act_upon,
    assert_accessible,
    choose,
    confirm,
    message,
    open_log,
    room_link,
    say,
    set_room,
    undo,
    undo_in_log,
    wait_until_connected,
)

PEOPLE = ["ana", "bob", "carol"]
SAID = [["bob", "Cheap watches"], ["carol", "Not here"], ["bob", "Very cheap watches"]]


def test_a_report_is_made_handled_and_taken_back(site: Site, enter: Enter) -> None:
    ana, carol = _enter(site, enter, "ana", "carol")
    message(carol, "Very cheap watches").focus()
    carol.keyboard.press("f")
    assert_accessible(carol, "a report")
    carol.get_by_label("Anything to add?").fill("Again and again")
    confirm(carol, "Report")
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
    act_upon(ana, "Bob", "Mute…", "Mute", "Noise")
    expect(standing).to_contain_text("You are muted until")
    say(bob, "Let me speak")
    expect(bob.locator("#message")).to_have_value("Let me speak")
    undo(ana)
    expect(standing).not_to_contain_text("muted")
    act_upon(ana, "Bob", "Delete messages…", "Delete")
    expect(bob.locator(".message__stone")).to_have_count(2)
    undo(ana)
    expect(bob.locator(".message__stone")).to_have_count(0)
    act_upon(ana, "Bob", "Make moderator…", "Make moderator")
    expect(bob.locator(".room-header .queue")).to_be_visible()
    undo(ana)
    expect(bob.locator(".room-header .queue")).to_be_hidden()
    act(ana, "Very cheap watches", "Delete")
    confirm(ana, "Delete")
    expect(bob.locator(".message__stone")).to_have_count(1)
    undo(ana)
    expect(bob.locator(".message__stone")).to_have_count(0)
    act_upon(ana, "Bob", "Ban…", "Ban", "Enough")
    expect(bob).to_have_url("/rooms/other/")
    ana.locator(".room-header .queue").click()
    ana.get_by_role("tab", name="Banned").click()
    expect(ana.locator(".mod__row")).to_contain_text("Enough")
    ana.get_by_role("button", name="Unban").click()
    expect(ana.get_by_text("Nobody is banned")).to_be_visible()
    undo(ana)
    expect(ana.locator(".mod__row")).to_contain_text("Enough")
    ana.get_by_role("button", name="Unban").click()
    expect(ana.get_by_text("Nobody is banned")).to_be_visible()
    ana.keyboard.press("Escape")
    bob.locator(".sidebar").get_by_role("link", name="Browse rooms").click()
    bob.get_by_role("button", name="Join general").click()
    expect(message(ana, "Bob joined")).to_be_visible()


def test_who_is_let_write_given_a_role_or_put_out_sees_it_and_sees_it_undone(site: Site, enter: Enter) -> None:
    ana, bob, carol = _enter(site, enter, "ana", "bob", "carol")
    standing, queue = bob.locator(".composer__standing"), bob.locator(".room-header .queue")
    act_upon(ana, "Carol", "Make moderator…", "Make moderator")
    expect(carol.locator(".room-header .queue")).to_be_visible()
    _look_at_menu(carol, "Mute…")
    act_upon(ana, "Bob", "Mute…", "Mute")
    expect(standing).to_contain_text("You are muted until")
    act_upon(carol, "Bob", "Unmute…", "Unmute")  # whose list of people is older than the mute
    expect(standing).not_to_contain_text("muted")
    undo(carol)
    expect(standing).to_contain_text("You are muted until")
    open_log(ana)
    undo_in_log(ana, "Muted Bob in general until")
    ana.keyboard.press("Escape")
    expect(standing).not_to_contain_text("muted")
    act_upon(ana, "Bob", "Make moderator…", "Make moderator")
    expect(queue).to_be_visible()
    act_upon(ana, "Bob", "Make member…", "Make member")
    expect(queue).to_be_hidden()
    undo(ana)
    expect(queue).to_be_visible()
    act_upon(ana, "Bob", "Make owner…", "Make owner")
    expect(message(bob, "Bob owns the room now")).to_be_visible()
    _look_at_menu(bob, "Make owner…", "Carol")
    undo(ana)
    for act_of_moderators, yes in (("Remove…", "Remove"), ("Ban…", "Ban")):
        act_upon(ana, "Bob", act_of_moderators, yes)
        expect(bob).to_have_url("/rooms/other/")
        expect(room_link(bob, "general")).to_have_count(0)
        undo(ana)
        room_link(bob, "general").click()
        expect(queue).to_be_visible()


def _look_at_menu(page: Page, label: str, name: str = "Bob") -> None:
    """What it offers is there, and the menu is closed again."""
    page.locator("button.message__author", has_text=name).first.click()
    expect(page.locator("person-menu").get_by_role("button", name=label)).to_be_visible()
    page.keyboard.press("Escape")


def test_enter_in_the_reason_leads_to_the_button_and_bans_nobody(site: Site, enter: Enter) -> None:
    ana, bob = _enter(site, enter, "ana", "bob")
    ana.locator("button.message__author", has_text="Bob").first.click()
    choose(ana, "Ban…")
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
    set_room(ana, lambda page: page.get_by_label("Slow mode").select_option("3600"))
    expect(standing).to_contain_text("one message every 1 h")
    say(bob, "One")  # he has just spoken
    expect(bob.locator(".message--pending")).to_have_count(1)
    expect(bob.locator(".message--pending")).to_contain_text("Slow mode")
    expect(bob.locator(".composer__send")).to_have_accessible_name(re.compile(r"^Send, in 5\d:\d\d$"))
    assert_accessible(bob, "slow mode")
    set_room(ana, lambda page: page.get_by_label("Slow mode").select_option("0"))
    expect(bob.locator(".message--pending")).to_have_count(0)
    set_room(ana, lambda page: page.get_by_label("Only owners and moderators write").check())
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
