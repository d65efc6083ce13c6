"""What people do on the chat page, in the words of tests."""

import re
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


def assert_accessible(page: Page, where: str) -> None:
    _assert_nothing_grave(Axe().run(page).response["violations"], where)


def assert_accessible_in_light_and_dark(page: Page, where: str, context: str | None = None) -> None:
    """Light and dark differ in colours, and axe looks at these in one of its rules."""
    for scheme, options in (("light", EVERYTHING), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(COLOURS_HAVE_CHANGED)
        _assert_nothing_grave(Axe().run(page, context, options).response["violations"], f"{where}, {scheme}")


def _assert_nothing_grave(found: list[dict[str, Any]], where: str) -> None:
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
