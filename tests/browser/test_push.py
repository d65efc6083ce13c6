"""What shows outside the page: the desktop's notifications, the service worker and its pushes, and turning them on."""

import json
import re
from typing import Any

from playwright.sync_api import CDPSession, Page, expect

from notifications.delivery import vapid
from tests.browser.conftest import WAIT_MS, Enter
from tests.browser.site import Site
from tests.browser.steps import message, room_link, say, wait_until_connected

BOTH = {"people": ["alice", "bob"], "rooms": {"general": ["alice", "bob"], "design": ["alice", "bob"]}}
# Chromium counts a page of Playwright's as looked at, always. `away()` makes it what it is in a window behind another.
AWAY = """
const shown = [];
window.shownNotifications = shown;
class Shown extends EventTarget {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, options) { super(); Object.assign(this, { title, ...options, closed: false }); shown.push(this); }
  close() { this.closed = true; }
}
window.Notification = Shown;
let away = false;
document.hasFocus = () => !away;
window.away = (yes) => { away = yes; window.dispatchEvent(new Event(yes ? "blur" : "focus")); };
"""

# A push service that gives addresses, where there is none: what the browser would do, kept over pages.
SUBSCRIBED = """
const ENDPOINT = "https://push.example.org/1";
const KEYS = {
  p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
  auth: "BTBZMqHH6r4Tts7J_aSIgg",
};
const subscription = {
  endpoint: ENDPOINT, toJSON: () => ({ endpoint: ENDPOINT, keys: KEYS }),
  unsubscribe: async () => { localStorage.removeItem("test:push"); return true; },
};
PushManager.prototype.subscribe = async () => { localStorage.setItem("test:push", "on"); return subscription; };
PushManager.prototype.getSubscription = async () => localStorage.getItem("test:push") && subscription;
"""


def test_nobody_looks_so_the_desktop_tells_once_and_forgets_when_read(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    bob = enter(site, keys["bob"], "/rooms/general/")
    first = enter(site, keys["alice"], "/profile/")
    first.context.add_init_script(AWAY)
    second = first.context.new_page()
    pages = [first, second]
    for page in pages:
        page.goto("/rooms/design/")
        wait_until_connected(page)
        page.evaluate("away(true)")
    say(bob, "@alice are you there?")
    for page in pages:
        expect(page.locator(".bell--side .bell__count")).to_have_text("1")
    _wait(first, lambda: _shown(pages), lambda shown: len(shown) == 1)
    assert _shown(pages)[0]["body"] == "@alice are you there?"
    expect(first.locator(".notice")).to_have_count(0)
    room_link(second, "general").click()
    second.evaluate("away(false)")
    _wait(first, lambda: _shown(pages), lambda shown: [one["closed"] for one in shown] == [True])


def test_while_one_looks_at_another_page_the_desktop_is_left_alone(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    bob = enter(site, keys["bob"], "/rooms/general/")
    behind = enter(site, keys["alice"], "/profile/")
    behind.context.add_init_script(AWAY)
    front = behind.context.new_page()
    for page in (behind, front):
        page.goto("/rooms/design/")
        wait_until_connected(page)
    behind.evaluate("away(true)")
    say(bob, "@alice look")
    expect(front.locator(".notice")).to_contain_text("@alice look")
    expect(behind.locator(".bell--side .bell__count")).to_have_text("1")
    assert _shown([behind, front]) == []


def test_a_click_on_the_desktop_leads_to_the_message(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    bob = enter(site, keys["bob"], "/rooms/general/")
    page = enter(site, keys["alice"], "/profile/")
    page.context.add_init_script(AWAY)
    page.goto("/rooms/design/")
    wait_until_connected(page)
    page.evaluate("away(true); window.same = true")
    say(bob, "@alice this way")
    _wait(page, lambda: _shown([page]), lambda shown: len(shown) == 1)
    page.evaluate("shownNotifications[0].onclick()")
    expect(message(page, "@alice this way")).to_be_in_viewport()
    assert page.evaluate("window.same") is True
    expect(page.locator(".bell--side .bell__count")).to_have_text("")


def test_a_push_shows_collapses_closes_and_leads_to_its_message(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH, messages={"general": [["bob", "Hello @alice"]]})
    page = enter(site, keys["alice"], "/rooms/design/")
    wait_until_connected(page)
    page.context.grant_permissions(["notifications"], origin=site.url)
    worker = _Worker(page)
    worker.push(
        {
            "show": {
                "title": "Bob mentioned you",
                "body": "Hello @alice",
                "tag": "room:1",
                "url": "/rooms/general/2/",
                "id": 1,
            }
        }
    )
    assert worker.shown(lambda shown: len(shown) == 1)[0]["title"] == "Bob mentioned you"
    worker.push({"show": {"title": "And again", "tag": "room:1", "url": "https://evil.example/", "id": 2}})
    [one] = worker.shown(lambda shown: shown[0]["title"] == "And again")
    assert one["url"] == f"{site.url}/notifications/", "an address of another site leads to the inbox"
    worker.push({"close": ["room:1", "room:2"]})
    worker.shown(lambda shown: shown == [])
    worker.push("not JSON at all")
    assert worker.shown(lambda shown: len(shown) == 1)[0]["title"] == "Something new"
    worker.push({"show": {"title": "Bob", "tag": "room:1", "url": "/rooms/general/2/", "id": 3}})
    worker.shown(lambda shown: len(shown) == 2)
    page.evaluate("window.same = true")
    worker.click("room:1")
    expect(message(page, "Hello @alice")).to_be_in_viewport()
    assert page.evaluate("window.same") is True
    worker.shown(lambda shown: [one["title"] for one in shown] == ["Something new"])


def test_turning_pushes_on_says_what_came_of_it(site: Site, enter: Enter) -> None:
    """Chromium subscribes to nothing in a context like the tests', and without a network nowhere: so the way there, and
    what the person is told, are all there is to see here.
    """
    keys = _with_push_key(site)
    page = enter(site, keys["alice"], "/notifications/preferences/")
    page.context.grant_permissions(["notifications"], origin=site.url)
    page.reload()
    expect(page.locator(".this-device__words")).to_have_text("This browser shows nothing while the site is closed.")
    page.get_by_role("button", name="Turn on here").click()
    expect(page.locator(".this-device__words")).to_have_text(
        re.compile("did not get an address|shows you notifications")
    )


def test_a_browser_is_a_device_until_it_is_removed(site: Site, enter: Enter) -> None:
    keys = _with_push_key(site)
    page = enter(site, keys["alice"], "/profile/")
    page.context.grant_permissions(["notifications"], origin=site.url)
    page.context.add_init_script(SUBSCRIBED)
    page.goto("/notifications/preferences/")
    page.get_by_role("button", name="Turn on here").click()
    device = page.locator(".lines > li", has_text="on Linux")
    expect(device).to_be_visible()
    expect(page.locator(".this-device__words")).to_have_text(re.compile("^This browser shows you notifications"))
    with page.expect_response("**/notifications/devices/", timeout=WAIT_MS) as told:
        page.evaluate("localStorage.setItem('confab:push', '{}')")  # As after another login.
        page.goto("/rooms/general/")
    assert told.value.ok
    page.goto("/notifications/preferences/")
    expect(device).to_have_count(1)
    device.get_by_role("button", name="Send a test").click()
    expect(page.locator(".messages")).to_contain_text("A test is on its way")
    device.get_by_role("button", name="Remove").click()
    expect(page.locator(".messages")).to_contain_text("gets nothing any more")
    expect(device).to_have_count(0)
    expect(page.locator(".this-device__words")).to_have_text("This browser shows nothing while the site is closed.")


def test_a_browser_that_may_not_and_a_site_without_a_key_say_so(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    page = enter(site, keys["alice"], "/notifications/preferences/")
    expect(page.locator(".this-device__words")).to_contain_text("generate_vapid_keys")
    expect(page.locator("#enable")).to_be_hidden()


def test_preferences_are_saved_and_the_time_zone_is_offered(site: Site, enter: Enter, complaints: list[str]) -> None:
    keys = site.seed(**BOTH)
    page = enter(site, keys["alice"], "/notifications/preferences/", timezone_id="Europe/Lisbon")
    page.get_by_label("Reactions on this site").check()
    page.get_by_label("From").fill("22:00")
    page.get_by_label("Until").fill("07:00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errorlist")).to_contain_text("Say where you are")
    page.get_by_role("button", name="Use Europe/Lisbon").click()
    page.get_by_label("Once a day").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("Saved.")
    page.reload()
    expect(page.get_by_label("Reactions on this site")).to_be_checked()
    expect(page.get_by_label("Where you are")).to_have_value("Europe/Lisbon")
    expect(page.get_by_label("Once a day")).to_be_checked()
    complaints[:] = [text for text in complaints if "422" not in text]


def _with_push_key(site: Site) -> dict[str, str]:
    (site.data_dir / "vapid_key").write_text(vapid.make_private_key())
    site.kill()
    site.start()
    return site.seed(**BOTH)


class _Worker:
    """The page's service worker, and pushes to it as the browser's own push service would make them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.evaluate(
            "navigator.serviceWorker.register('/sw.js', {scope: '/'}).then(() => navigator.serviceWorker.ready)"
        )
        self.origin = page.evaluate("location.origin")
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        found: list[str] = []
        self.cdp.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
        )
        self.cdp.send("ServiceWorker.enable")
        _wait(page, lambda: found, bool)
        self.id = found[0]

    def push(self, payload: Any) -> None:
        data = payload if isinstance(payload, str) else json.dumps(payload)
        self.cdp.send(
            "ServiceWorker.deliverPushMessage", {"origin": self.origin, "registrationId": self.id, "data": data}
        )

    def click(self, tag: str) -> None:
        """As a person would, but for the right to bring a window to the front, which no script can give."""
        [worker] = self.page.context.service_workers
        worker.evaluate(_CLICK, tag)

    def shown(self, enough: Any) -> list[dict[str, Any]]:
        return _wait(self.page, lambda: self.page.evaluate(_SHOWN), enough)


_CLICK = """async (tag) => {
  const [notification] = await registration.getNotifications({ tag });
  const event = new NotificationEvent("notificationclick", { notification });
  event.waitUntil = (promise) => promise.catch(() => {});
  dispatchEvent(event);
}"""
_SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({ title, body, tag, data }) => ({ title, body, tag, url: data.url }))"""


def _shown(pages: list[Page]) -> list[dict[str, Any]]:
    look = "shownNotifications.map(({ title, body, closed }) => ({ title, body, closed }))"
    return [one for page in pages for one in page.evaluate(look)]


def _wait(page: Page, look: Any, enough: Any) -> Any:
    """Asks until it is so. A page lets the browser's events come in meanwhile."""
    for _ in range(WAIT_MS // 50):
        found = look()
        if enough(found):
            return found
        page.wait_for_timeout(50)
    raise AssertionError(f"Waited in vain; at the end there was {found!r}.")
