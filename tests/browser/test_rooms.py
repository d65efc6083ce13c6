"""Rooms as people make, change, give away and close them, their links, and what the others see of it."""

import re
import sqlite3
from contextlib import closing

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.steps import (
    act_upon,
    assert_accessible_in_light_and_dark,
    log_row,
    message,
    open_log,
    room_link,
    say,
    set_room,
    undo_in_log,
    wait_until_connected,
)

PEOPLE = ["ana", "bob", "carol"]
OTHERS = ["dan", "eve", "fay"]
VOID = "This invitation does not work any more"


def test_what_an_owner_changes_is_seen_by_all_and_put_back(site: Site, enter: Enter) -> None:
    ana, bob, carol, dan = _enter(site, enter, "ana", "bob", "carol", "dan")
    act_upon(ana, "Carol", "Make moderator…", "Make moderator")
    set_room(ana, _change_all)
    name, sign = bob.locator(".room-header__name"), bob.locator(".room-header__kind svg")
    standing = bob.locator(".composer__standing")
    expect(name).to_have_text("Harbour")
    expect(bob.locator(".room-header__topic")).to_have_text("Ships")
    expect(room_link(bob, "general").locator(".room-link__name")).to_have_text("Harbour")
    expect(standing).to_contain_text("Only owners and moderators write here")
    expect(sign).to_have_attribute("data-icon", "lock")
    expect(_in_directory(dan, "Harbour")).to_have_count(0)
    open_log(carol)
    expect(log_row(carol, "Keeps messages of Harbour 30 days.")).to_contain_text("Busy")
    open_log(ana)
    for summary in ("Renamed general", "Only owners and moderators", "Made Harbour private", "Keeps messages"):
        undo_in_log(ana, summary)
    expect(name).to_have_text("general")
    expect(bob.locator(".room-header__topic")).to_have_text("")
    expect(sign).to_have_attribute("data-icon", "hash")
    say(bob, "May I again?")
    expect(message(carol, "May I again?")).to_be_visible()
    carol.get_by_role("tab", name="Log").click()
    expect(log_row(carol, "Keeps messages of Harbour 30 days.")).to_have_class(re.compile("undone"))
    expect(_in_directory(dan, "general")).to_have_count(1)


def test_links_let_in_whom_and_as_many_as_they_say_until_they_are_taken_back(
    site: Site, enter: Enter, complaints: list[str]
) -> None:
    ana, dan, eve, fay = _enter(site, enter, "ana", "dan", "eve", "fay")
    link = _make_link(ana, "1 day", "1 person")
    ana.keyboard.press("Escape")
    _follow(dan, link)
    expect(message(ana, "Dan joined")).to_be_visible()
    eve.goto(link)
    expect(eve.get_by_text(VOID)).to_be_visible()
    link = _make_link(ana, "30 days", "Any number of people")
    eve.goto(link)
    expect(eve.get_by_text("Ana invites you")).to_be_visible()
    ana.get_by_role("button", name="Revoke").click()
    expect(ana.locator(".links__one")).to_have_count(0)
    ana.keyboard.press("Escape")
    eve.get_by_role("button", name="Join the room").click()
    expect(eve.get_by_text(VOID)).to_be_visible()
    open_log(ana)
    undo_in_log(ana, "Revoked a link to general")
    ana.keyboard.press("Escape")
    _follow(eve, link)
    expect(message(ana, "Eve joined")).to_be_visible()
    ana.locator(".room-header [data-act=invite]").click()
    expect(ana.locator(".links__one")).to_contain_text("used 1 time")
    _let_expire(site)
    fay.goto(link)
    expect(fay.get_by_text(VOID)).to_be_visible()
    fay.goto("/rooms/other/")
    wait_until_connected(fay)
    ana.get_by_label("Add somebody by their username").fill("fay")
    ana.get_by_role("button", name="Add", exact=True).click()
    room_link(fay, "general").click()
    expect(message(fay, "Fay joined")).to_be_visible()
    # A link that is void is a 404, as it shall be; the browser notes that.
    complaints[:] = [text for text in complaints if "404" not in text]


def test_what_admins_do_in_a_room_is_seen_there_and_seen_undone(site: Site, enter: Enter) -> None:
    ana, bob, root = _enter(site, enter, "ana", "bob", "root")
    root.goto("/admin/chat/room/")
    root.get_by_role("link", name="general").click()
    root.get_by_role("link", name="Change the role of Bob").click()
    root.get_by_label("Role").select_option("moderator")
    _confirm_as_admin(root, "Change")
    expect(bob.locator(".room-header .queue")).to_be_visible()
    _act_as_admin(root, "Undo", "Undo")
    expect(bob.locator(".room-header .queue")).to_be_hidden()
    ana.locator(".room-header [data-act=settings]").click()
    ana.get_by_label("Why it is archived").fill("The summer is over")
    ana.get_by_role("button", name="Archive").click()
    expect(ana).to_have_url(re.compile("/rooms/other/$"))
    expect(room_link(ana, "general")).to_have_count(0)
    standing = bob.locator(".composer__standing")
    expect(standing).to_contain_text("This room is archived")
    root.goto("/admin/chat/room/")
    root.get_by_role("link", name="general").click()
    _act_as_admin(root, "Restore the room", "Restore")
    expect(standing).not_to_contain_text("archived")
    say(bob, "Here we are again")
    room_link(ana, "general").click()
    expect(message(ana, "Here we are again")).to_be_visible()
    _act_as_admin(root, "Undo", "Undo")
    for page in (ana, bob):
        expect(page.locator(".composer__standing")).to_contain_text("This room is archived")


def test_what_an_admin_tells_the_whole_site_stands_above_the_room(site: Site, enter: Enter) -> None:
    bob, root = _enter(site, enter, "bob", "root")
    news = bob.locator(".site-news .banner")
    root.goto("/admin/announce/")
    root.get_by_role("textbox", name="What").fill("At ten we update.")
    _confirm_as_admin(root, "Announce")
    expect(news).to_contain_text("Root: At ten we update.")
    assert_accessible_in_light_and_dark(bob, "an announcement", ".site-news")
    news.get_by_role("button", name="Dismiss").click()
    expect(news).to_have_count(0)
    root.goto("/admin/")
    root.get_by_role("link", name="Maintenance", exact=True).click()
    _confirm_as_admin(root, "Switch on")
    expect(news).to_contain_text("Maintenance: you can read, not write. They asked for it")
    assert_accessible_in_light_and_dark(bob, "maintenance", ".site-news")
    say(bob, "Too early")
    expect(bob.locator(".message--pending")).to_contain_text("Will be sent when maintenance is over")
    root.get_by_role("button", name="Switch off").click()
    expect(news).to_have_count(0)
    expect(bob.locator(".message--pending")).to_have_count(0)
    expect(message(bob, "Too early")).to_be_visible()


def test_a_room_is_found_given_away_taken_back_and_left_to_the_next(site: Site, enter: Enter) -> None:
    bob, carol = _enter(site, enter, "bob", "carol")
    bob.locator(".sidebar").get_by_role("link", name="New room").click()
    bob.get_by_label("Name").fill("Garden")
    bob.get_by_role("button", name="Create the room").click()
    expect(bob.locator(".room-header__name")).to_have_text("Garden")
    carol.locator(".sidebar").get_by_role("link", name="Browse rooms").click()
    carol.get_by_role("button", name="Join Garden").click()
    expect(message(bob, "Carol joined")).to_be_visible()
    bob.locator(".room-header [data-act=settings]").click()
    bob.get_by_label("Username of who owns it from then on").fill("carol")
    bob.get_by_role("button", name="Make owner").click()
    queue = carol.locator(".room-header .queue")
    expect(message(carol, "Carol owns the room now")).to_be_visible()
    expect(queue).to_be_visible()
    open_log(bob)
    undo_in_log(bob, "Gave Garden to Carol")
    bob.keyboard.press("Escape")
    expect(queue).to_be_hidden()
    bob.locator(".room-header [data-act=settings]").click()
    bob.get_by_role("button", name="Leave the room").click()
    expect(message(carol, "Bob left")).to_be_visible()
    expect(queue).to_be_visible()
    expect(room_link(bob, "garden")).to_have_count(0)
    carol.locator(".room-header [data-act=settings]").click()
    expect(carol.get_by_role("heading", name="Give the room away")).to_be_visible()


def _enter(site: Site, enter: Enter, *names: str) -> list[Page]:
    """Ana, who owns the room, Bob and Carol are in it; everybody is in another."""
    everybody = [*PEOPLE, *OTHERS, "root"]
    said = [["carol", "Hello"], ["bob", "Good morning"]]
    rooms = {"general": PEOPLE, "other": everybody}
    keys = site.seed(people=[*PEOPLE, *OTHERS], superusers=["root"], rooms=rooms, messages={"general": said})
    pages = [
        enter(site, keys[name], f"/rooms/{'general' if name in PEOPLE else 'other'}/", reduced_motion="reduce")
        for name in names
    ]
    for page in pages:
        wait_until_connected(page)
    return pages


def _change_all(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Harbour")
    page.get_by_label("Topic").fill("Ships")
    page.get_by_label("Only owners and moderators write").check()
    page.get_by_label("Only people who are invited").check()
    page.get_by_label("Delete messages after (days)").fill("30")
    page.get_by_label("Why (for the log)").fill("Busy")


def _in_directory(page: Page, name: str) -> Locator:
    page.goto(f"/rooms/?q={name}")
    expect(page.get_by_role("heading", name="Browse rooms")).to_be_visible()
    return page.locator(".directory__room", has_text=name)


def _make_link(page: Page, days: str, people: str) -> str:
    """The only one, in the dialog, which stays open."""
    page.locator(".room-header [data-act=invite]").click()
    expect(page.locator(".links__one")).to_have_count(0)
    page.get_by_label("Works for").select_option(label=days)
    page.get_by_label("Lets in").select_option(label=people)
    page.get_by_role("button", name="Make an invitation link").click()
    return page.get_by_label("Invitation link").input_value()


def _let_expire(site: Site) -> None:
    """All links, a day ago."""
    with closing(sqlite3.connect(site.data_dir / "db.sqlite3", timeout=30)) as connection, connection:
        connection.execute("UPDATE chat_invitation SET expires_at = datetime('now', '-1 day')")


def _follow(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Join the room").click()
    expect(page).to_have_url(re.compile("/rooms/general/$"))


def _act_as_admin(page: Page, link: str, yes: str) -> None:
    page.get_by_role("link", name=link, exact=True).click()
    _confirm_as_admin(page, yes)


def _confirm_as_admin(page: Page, yes: str) -> None:
    page.get_by_label("Reason").fill("They asked for it")
    page.get_by_role("button", name=yes, exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()
