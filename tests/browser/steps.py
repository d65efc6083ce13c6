"""What people do on the chat page, in the words of tests."""

import re
from collections.abc import Callable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS = EVERYTHING | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}

# They change bit by bit, if only for a millisecond.
COLOURS_HAVE_CHANGED = """async () => {
  await new Promise(requestAnimationFrame);
  const changing = document.getAnimations().filter((one) => one instanceof CSSTransition);
  await Promise.allSettled(changing.map((one) => one.finished));
}"""


def say(page: Page, text: str) -> None:
    page.locator("#message").fill(text)
    page.locator("#message").press("Enter")


def message(page: Page, text: str) -> Locator:
    return page.locator(".message", has=page.locator(".message__body", has_text=text))


def texts(page: Page) -> list[str]:
    return page.locator(".message:not(.message--system) .message__body").all_inner_texts()


def wait_until_connected(page: Page) -> None:
    """Somebody is online in the room: the person themselves, as the server says after the socket is open."""
    expect(page.locator(".room-header__online")).not_to_have_text("")


def room_link(page: Page, slug: str) -> Locator:
    return page.locator(f"room-list [data-room={slug}]")


def conversation_link(page: Page, name: str) -> Locator:
    named = re.compile(rf"^{name}( online)?$")
    return page.locator("[data-direct] .room-link", has=page.locator(".room-link__name", has_text=named))


def go_to(page: Page, letters: str) -> None:
    """By Ctrl K, as fast as one can type: what is found comes when it comes."""
    page.keyboard.press("Control+k")
    page.keyboard.type(letters)
    page.keyboard.press("Enter")
    expect(page.locator("room-switcher dialog")).to_be_hidden()


def act(page: Page, text: str, action: str) -> None:
    """From the menu of a message."""
    message(page, text).hover()
    message(page, text).get_by_role("button", name="Message actions").click()
    page.locator("message-menu").get_by_role("menuitem", name=action).click()


def act_upon(page: Page, name: str, label: str, yes: str, reason: str = "") -> None:
    """From the menu of somebody who has said something."""
    page.locator("button.message__author", has_text=name).first.click()
    choose(page, label)
    page.get_by_label("Reason").fill(reason)
    confirm(page, yes)


def choose(page: Page, label: str) -> None:
    """In a person's menu. It grows, and may find another place, when it is known what a moderator may do to them."""
    menu = page.locator("person-menu")
    expect(menu.locator(".menu__acts[aria-busy=true]")).to_have_count(0)
    menu.get_by_role("button", name=label, exact=True).click()


def confirm(page: Page, yes: str) -> None:
    dialog = page.locator("dialog.ask")
    dialog.get_by_role("button", name=yes).click()
    expect(dialog).to_have_count(0)


def undo(page: Page) -> None:
    """What was done last, by the word after it."""
    page.keyboard.press("Alt+z")
    expect(page.locator("#toast")).to_contain_text("Undone")


def set_room(page: Page, change: Callable[[Page], object]) -> None:
    """In the room's settings."""
    page.locator(".room-header [data-act=settings]").click()
    change(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("remote-dialog dialog")).to_be_hidden()


def log_row(page: Page, summary: str) -> Locator:
    """Of what moderators did, in the dialog that `open_log` opens."""
    return page.locator(".mod__row", has_text=summary)


def open_log(page: Page) -> None:
    page.locator(".room-header .queue").click()
    page.get_by_role("tab", name="Log").click()
    expect(page.get_by_role("tabpanel")).to_have_attribute("aria-labelledby", "queue-acts")
    expect(page.locator(".mod__row").first).to_be_visible()


def undo_in_log(page: Page, summary: str) -> None:
    log_row(page, summary).get_by_role("button", name="Undo").click()
    expect(log_row(page, summary)).to_have_class(re.compile("mod__row--undone"))


def assert_accessible(page: Page, where: str) -> None:
    assert_nothing_grave(Axe().run(page).response["violations"], where)


def assert_accessible_in_light_and_dark(page: Page, where: str, context: str | None = None) -> None:
    """Light and dark differ in colours, and axe looks at these in one of its rules."""
    for scheme, options in (("light", EVERYTHING), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(COLOURS_HAVE_CHANGED)
        assert_nothing_grave(Axe().run(page, context, options).response["violations"], f"{where}, {scheme}")


def assert_nothing_grave(found: list[dict[str, Any]], where: str) -> None:
    grave = [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in {"serious", "critical"}]
    assert grave == [], where


# A page that is hidden reports at once. Resolves to the report and its answer.
_HIDE = """() => new Promise((resolve) => {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    const report = JSON.parse(text);
    if (report.type === "delivery.report") {
      this.addEventListener("message", ({ data }) => {
        const answer = JSON.parse(data);
        if (answer.id === report.id) resolve([report, answer]);
      });
    }
    send.call(this, text);
  };
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
})"""


def delivery_report(page: Page) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the page tells the server of its events, and what that answers."""
    expect(page.locator(".members__proof")).to_have_text(re.compile(r"^Complete to #\d"))
    report, answer = page.evaluate(_HIDE)
    return report, answer
