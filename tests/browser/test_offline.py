"""Nothing is lost and nothing comes twice, whatever becomes of the connection."""

from playwright.sync_api import Page, WebSocket, WebSocketRoute, expect

from tests.browser.conftest import Enter
from tests.browser.site import Site
from tests.browser.steps import message, say, texts, wait_until_connected

BOTH = {"people": ["alice", "bob"], "rooms": {"general": ["alice", "bob"]}}


class Cable:
    """A page's connection, to be pulled out and plugged in."""

    def __init__(self, page: Page) -> None:
        self.plugged = True
        self._open: list[WebSocketRoute] = []
        page.route_web_socket("**/ws/", self._connect)

    def pull(self) -> None:
        self.plugged = False
        for socket in self._open:
            socket.close(code=4503)
        self._open.clear()

    def plug(self) -> None:
        self.plugged = True

    def _connect(self, socket: WebSocketRoute) -> None:
        if self.plugged:
            socket.connect_to_server()
            self._open.append(socket)
        else:
            socket.close(code=4503)


class Sockets:
    """A page's sockets, from its next load on: how many it opened, and how often it had lost one with no other open."""

    def __init__(self, page: Page) -> None:
        self.opened = self.gaps = 0
        self._open = 0
        page.on("websocket", self._on_open)

    def _on_open(self, socket: WebSocket) -> None:
        self.opened += 1
        self._open += 1
        socket.on("close", self._on_close)

    def _on_close(self, _: WebSocket) -> None:
        self._open -= 1
        self.gaps += self._open == 0


def test_what_was_written_offline_survives_a_reload_and_arrives_once(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    alice, bob = (enter(site, keys[name], "/rooms/general/") for name in ("alice", "bob"))
    cable = Cable(alice)
    alice.reload()
    wait_until_connected(alice)
    cable.pull()
    for text in ("first", "second", "third"):
        say(alice, text)
    expect(alice.locator(".message--pending")).to_have_count(3)
    expect(alice.locator("connection-banner")).to_be_visible()
    alice.reload()
    expect(alice.locator(".message--pending")).to_have_count(3)
    expect(message(bob, "first")).to_have_count(0)
    cable.plug()
    expect(message(bob, "third")).to_be_visible()
    expect(alice.locator(".message--pending")).to_have_count(0)
    assert texts(bob) == texts(alice) == ["first", "second", "third"]


def test_a_killed_server_costs_neither_a_message_nor_a_doubt(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    alice, bob = (enter(site, keys[name], "/rooms/general/") for name in ("alice", "bob"))
    say(alice, "before")
    expect(message(bob, "before")).to_be_visible()
    site.kill()
    say(alice, "meanwhile, from Alice")
    say(bob, "meanwhile, from Bob")
    for page in (alice, bob):
        expect(page.locator("connection-banner")).to_be_visible()
        expect(page.locator(".message--pending")).to_have_count(1)
    site.start()
    for page in (alice, bob):
        page.evaluate("dispatchEvent(new Event('online'))")  # Rather than wait for the next try, up to 30 s away.
        expect(page.locator("connection-banner")).to_be_hidden()
        expect(page.locator(".message--pending")).to_have_count(0)
        expect(page.locator(".message:not(.message--system)")).to_have_count(3)
    assert texts(alice) == texts(bob)
    assert sorted(texts(alice)) == ["before", "meanwhile, from Alice", "meanwhile, from Bob"]


def test_who_comes_back_is_told_how_much_there_is_to_read(site: Site, enter: Enter) -> None:
    keys = site.seed(people=["alice", "bob"], rooms={"general": ["alice", "bob"], "design": ["alice", "bob"]})
    alice, bob = (
        enter(site, keys[name], f"/rooms/{room}/") for name, room in (("alice", "design"), ("bob", "general"))
    )
    cable = Cable(alice)
    alice.reload()
    wait_until_connected(alice)
    cable.pull()
    expect(alice.locator("connection-banner")).to_be_visible()
    for number in range(3):
        say(bob, f"line {number}")
    expect(bob.locator(".message--pending")).to_have_count(0)
    cable.plug()
    expect(alice.locator("#toast")).to_have_text("Caught up: 3 messages")


def test_a_draft_survives_a_reload_and_another_room(site: Site, enter: Enter) -> None:
    keys = site.seed(people=["alice"], rooms={"general": ["alice"], "design": ["alice"]})
    page = enter(site, keys["alice"], "/rooms/general/")
    page.locator("#message").fill("half a thou")
    page.locator("[data-room=design]").click()
    expect(page.locator("#message")).to_have_value("")
    page.reload()
    page.locator("[data-room=general]").click()
    expect(page.locator("#message")).to_have_value("half a thou")


def test_two_tabs_of_one_person_do_not_send_twice(site: Site, enter: Enter) -> None:
    keys = site.seed(**BOTH)
    first = enter(site, keys["alice"], "/rooms/general/")
    second = first.context.new_page()
    bob = enter(site, keys["bob"], "/rooms/general/")
    cable = Cable(first)
    first.reload()
    second.goto("/rooms/general/")
    wait_until_connected(first)
    cable.pull()
    say(first, "from the first tab")
    say(second, "from the second tab")
    expect(message(bob, "from the second tab")).to_be_visible()
    first.close()
    expect(message(bob, "from the first tab")).to_be_visible()
    assert sorted(texts(bob)) == ["from the first tab", "from the second tab"]


def test_nobody_notices_a_deploy(supervised_site: Site, enter: Enter) -> None:
    site = supervised_site
    keys = site.seed(**BOTH)
    alice, bob = (enter(site, keys[name], "/rooms/general/") for name in ("alice", "bob"))
    sockets = [Sockets(page) for page in (alice, bob)]
    for page in (alice, bob):
        page.reload()
        wait_until_connected(page)
        page.evaluate(_WATCH_BANNER)
    before = [one.opened for one in sockets]
    is_done = site.deploy()
    said: list[str] = []
    while not is_done() or any(one.opened == number for one, number in zip(sockets, before, strict=True)):
        for page, other in ((alice, bob), (bob, alice)):
            said.append(f"line {len(said)}.")
            say(page, said[-1])
            expect(message(other, said[-1])).to_be_visible()
    for page in (alice, bob):
        expect(page.locator(".message--pending")).to_have_count(0)
        assert texts(page) == said
        assert not page.evaluate("window.bannerShown")
    assert not any(one.gaps for one in sockets)


_WATCH_BANNER = """() => {
  const banner = document.querySelector("connection-banner");
  window.bannerShown = false;
  new MutationObserver(() => { window.bannerShown ||= !banner.hidden; }).observe(banner, { attributes: true });
}"""
