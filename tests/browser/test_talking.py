"""Two people, one room."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.steps import delivery_report, message, room_link, say, wait_until_connected

BOTH = {"people": ["alice", "bob"], "rooms": {"general": ["alice", "bob"], "design": ["alice", "bob"]}}


def test_two_people_talk_and_see_each_other_type(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    alice, bob = (enter(site, keys[name], "/rooms/general/") for name in ("alice", "bob"))
    wait_until_connected(bob)
    alice.locator("#message").press_sequentially("Hello")
    expect(bob.locator(".composer__typing")).to_have_text("Alice is typing")
    alice.locator("#message").press("Enter")
    expect(message(bob, "Hello")).to_be_visible()
    expect(bob.locator(".composer__typing")).to_have_text("")
    expect(alice.locator(".message--pending")).to_have_count(0)
    say(bob, "Hi **Alice**")
    expect(message(alice, "Hi Alice").locator("strong")).to_have_text("Alice")


def test_an_edit_and_a_deletion_reach_the_other(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    alice, bob = (enter(site, keys[name], "/rooms/general/") for name in ("alice", "bob"))
    say(alice, "Helo")
    expect(message(bob, "Helo")).to_be_visible()
    alice.locator("#message").press("ArrowUp")
    expect(alice.locator("#message")).to_have_value("Helo")
    say(alice, "Hello")
    expect(message(bob, "Hello").locator(".message__edited")).to_be_visible()
    message(alice, "Hello").hover()
    message(alice, "Hello").get_by_role("button", name="Message actions").click()
    alice.get_by_role("menuitem", name="Delete").click()
    alice.locator("#confirm").get_by_role("button", name="Delete").click()
    expect(bob.locator(".message__stone")).to_be_visible()
    expect(message(bob, "Hello")).to_have_count(0)
    for page in (alice, bob):
        report, answer = delivery_report(page)
        assert answer["type"] == "ok"
        wrong = {name: report[name] for name in ("duplicated", "reordered", "repaired")}
        assert wrong == {"duplicated": 0, "reordered": 0, "repaired": 0}
        seqs = dict(report["rooms"])
        assert page.locator(".members__proof").text_content() == f"Complete to #{max(seqs.values())}"
    assert report["received"] > 0


def test_what_looks_like_code_stays_text(site: Site, enter: Enter) -> None:
    keys = site.seed(people=["alice"], rooms={"general": ["alice"]})
    page = enter(site, keys["alice"], "/rooms/general/")
    evil = '<img src=x onerror="document.title=1"><script>document.title=2</script> [x](javascript:alert(1))'
    say(page, evil)
    expect(message(page, "<img src=x")).to_be_visible()
    expect(page.locator(".message--pending")).to_have_count(0)
    rows = page.locator(".timeline__rows")
    expect(rows.locator("script, img:not(.avatar), [onerror], a[href^='javascript']")).to_have_count(0)
    expect(page).to_have_title("general · Confab")


def test_unread_counts_the_new_line_and_reading(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    alice, bob = (
        enter(site, keys[name], f"/rooms/{room}/") for name, room in (("alice", "design"), ("bob", "general"))
    )
    wait_until_connected(alice)
    say(bob, "One")
    say(bob, "Two, @alice")
    expect(room_link(alice, "general").locator(".badge")).to_have_text("1")
    expect(room_link(alice, "general")).to_have_class(re.compile("unread"))
    expect(alice).to_have_title("(2) design · Confab")
    alice.keyboard.press("Alt+Shift+ArrowDown")
    expect(alice).to_have_url(re.compile("/rooms/general/$"))
    expect(alice.locator(".rule--new + .message")).to_contain_text("One")
    expect(alice.locator(".mention--me")).to_have_text("@alice")
    expect(alice).to_have_title("general · Confab")
    say(bob, "Three")
    expect(message(alice, "Three")).to_be_visible()
    expect(alice.locator(".rule--new + .message")).to_contain_text("One")


def test_reading_on_one_device_is_seen_on_the_other(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    desk, phone = (enter(site, keys["alice"], f"/rooms/{room}/") for room in ("design", "design"))
    bob = enter(site, keys["bob"], "/rooms/general/")
    wait_until_connected(desk)
    say(bob, "Hello")
    for page in (desk, phone):
        expect(room_link(page, "general").locator(".room-link__count")).to_have_text("1")
    room_link(phone, "general").click()
    expect(room_link(desk, "general").locator(".room-link__count")).to_have_count(0)


def test_unread_from_here_stays_until_one_has_read(site: Site, enter: Enter) -> None:
    said = [["bob", f"line {number}"] for number in range(1, 6)]
    keys = site.seed(**BOTH, messages={"general": said})
    page = enter(site, keys["alice"], "/rooms/general/")
    expect(page).to_have_title("general · Confab")
    message(page, "line 4").click(modifiers=["Alt"])
    expect(page.locator(".rule--new + .message")).to_contain_text("line 4")
    expect(page).to_have_title("(2) general · Confab")
    page.locator("#message").press("Escape")
    expect(page.locator(".rule--new")).to_have_count(0)
    expect(page).to_have_title("general · Confab")
