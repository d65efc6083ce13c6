"""What people do on the chat page, in the words of tests."""

from playwright.sync_api import Locator, Page, expect


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
