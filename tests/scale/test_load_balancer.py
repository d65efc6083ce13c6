"""The nginx and HAProxy files of deploy/, run in front of three workers that come and go."""

import asyncio
import json
import os
import re
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from realtime_site.chaos.client import Client
from realtime_site.chaos.link import until
from realtime_site.live.http import BODY_BYTES
from tests.binaries import proxy_binary
from tests.collected import collect_into
from tests.conftest import starter_of_workers
from tests.processes import ROOT
from tests.scale.balanced import PAGES, PAGES_AND_FORMS, WORKERS, Balanced, Systemd
from tests.scale.conftest import Site, complaints
from tests.scale.proxies import HOST, SITE_URL, Haproxy, Nginx, Proxy
from tests.scale.traffic import everybody_has, talk
from tests.servers import Postgres, Redis, run_python, worker_environment

PEOPLE = 12
TALKERS = 4
EACH_SENDS = 250
NORMAL, DRAINING = 1000, 4503
CLAIMS = {
    "X-Forwarded-For": "192.0.2.66",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example.org",
    "Forwarded": "for=192.0.2.66;proto=http",
    "Daphne-Root-Path": "/evil",
}
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@pytest.fixture(scope="module")
def site(
    redis_server: Redis, postgres_server: Postgres, migrated_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Three workers, for all tests of this file: each leaves them as it found them."""
    directory = tmp_path_factory.mktemp("balanced")
    database = postgres_server.database_url(postgres_server.create_database(migrated_database))
    settings = {"SITE_URL": SITE_URL, "TRUSTED_PROXIES": "1", "DATA_DIR": str(directory), "DRAIN_SECONDS": "2"}
    collect_into(directory)
    run_python(worker_environment(directory, database, redis_server.url) | settings, "manage.py", "prepare")
    with starter_of_workers(directory, database, redis_server.url) as start:
        site = Site(start(WORKERS, **settings), PEOPLE)
        yield site
        for worker in site.workers:
            assert not complaints(worker.log)


@pytest.fixture(scope="module", params=[Nginx, Haproxy], ids=lambda kind: kind.program)
def kind(request: pytest.FixtureRequest) -> type[Proxy]:
    found: type[Proxy] = request.param
    try:
        proxy_binary(found.program)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    return found


@pytest.fixture(scope="module")
def house(kind: type[Proxy], site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Balanced]:
    """The workers with the proxy in front of them."""
    data_dir = Path(site.workers[0].env["DATA_DIR"])
    proxy = kind(tmp_path_factory.mktemp(kind.program), [worker.port for worker in site.workers], data_dir)
    proxy.launch()
    yield Balanced(site, proxy)
    proxy.kill()


@pytest.fixture
async def people(house: Balanced) -> AsyncIterator[list[Client]]:
    clients = await house.clients(PEOPLE)
    yield clients
    for client in clients:
        await client.stop()


# --- What comes through ----------------------------------------------------------------------------------------------


def test_pages_come_over_tls_and_whoever_asks_without_is_sent_there(house: Balanced) -> None:
    proxy = house.proxy
    assert proxy.get("/readyz").status == 200
    assert proxy.get("/accounts/login/").status == 200

    sent = proxy.get_unencrypted("/rooms/general/?around=7")
    assert (sent.status, sent.headers["Location"]) == (301, f"{SITE_URL}/rooms/general/?around=7")


def test_browsers_get_http_2_and_no_old_tls(house: Balanced) -> None:
    modern = house.proxy.certificate.context()
    modern.set_alpn_protocols(["h2", "http/1.1"])
    with house.proxy.connected(modern) as connection:
        assert connection.selected_alpn_protocol() == "h2"

    old = house.proxy.certificate.context()
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        house.proxy.connected(old)


def test_static_files_may_be_kept_for_ever(house: Balanced) -> None:
    page = house.proxy.get("/accounts/login/").body
    stylesheet = re.search(r'href="(/static/css/[^"]+\.css)"', page)
    assert stylesheet
    answer = house.proxy.get(stylesheet[1], **{"Accept-Encoding": "gzip"})

    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]
    # A worker's answer has this header.
    assert ("Access-Control-Allow-Origin" in answer.headers) == (house.proxy.program == "haproxy")


def test_static_files_that_the_proxy_cannot_read_come_from_the_workers(house: Balanced, tmp_path: Path) -> None:
    stylesheet = next((house.proxy.data_dir / "static" / "css").glob("base.????????????.css"))
    elsewhere = type(house.proxy)(tmp_path, house.proxy.workers, tmp_path)
    elsewhere.launch()
    answer = elsewhere.get(f"/static/css/{stylesheet.name}")
    elsewhere.kill()
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")


def test_what_is_too_large_for_confab_the_proxy_refuses_and_nothing_else(house: Balanced) -> None:
    largest = house.proxy.request("POST", "/accounts/login/", body=bytes(BODY_BYTES))
    assert "CSRF" in largest.body  # Confab's word
    too_large = house.proxy.request("POST", "/accounts/login/", headers={"Content-Length": str(BODY_BYTES + 1)})
    assert (too_large.status, house.proxy.get("/readyz").status) == (413, 200)


def test_metrics_are_for_the_inside(asked: "Asked") -> None:
    for path in ("/metrics", "/metrics/", "/%6Detrics", "/metrics?a=b"):
        assert asked.proxy.get(path).status == 404
    assert asked.headers == []


# --- Who comes through -----------------------------------------------------------------------------------------------


def sign_up(proxy: Proxy, name: str) -> str:
    """As a browser does. The session's key."""
    form = proxy.get("/accounts/signup/")
    csrf = SimpleCookie(form.headers["Set-Cookie"])["csrftoken"].value
    fields = {"username": name, "password1": "a long enough one", "csrfmiddlewaretoken": csrf}
    sent = {
        "Cookie": f"csrftoken={csrf}",
        "Origin": SITE_URL,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = proxy.request("POST", "/accounts/signup/", headers=sent, body=urlencode(fields).encode())
    assert answer.status == 302, answer.body
    cookies = SimpleCookie()
    for line in answer.headers.get_all("Set-Cookie", []):
        cookies.load(line)
    assert cookies["sessionid"]["secure"]
    return cookies["sessionid"].value


def open_socket(proxy: Proxy, session: str, origin: str) -> connect:
    return connect(
        f"wss://{HOST}/ws/",
        origin=Origin(origin),
        subprotocols=[Subprotocol("live.v1")],
        additional_headers={"Cookie": f"sessionid={session}"},
        **proxy.connect_options,
    )


async def first_frame(socket: ClientConnection) -> str:
    return str(await socket.recv())


async def test_a_socket_opens_for_whoever_logged_in_on_a_page_of_ours_and_for_no_other_page(house: Balanced) -> None:
    session = await asyncio.to_thread(sign_up, house.proxy, f"browser-of-{house.proxy.program}")

    async with open_socket(house.proxy, session, SITE_URL) as socket:
        assert '"type":"welcome"' in await first_frame(socket)
    for stranger in ("https://evil.example.org", f"http://{HOST}", f"{SITE_URL}:8443"):
        with pytest.raises(InvalidStatus) as refused:
            await open_socket(house.proxy, session, stranger)
        assert refused.value.response.status_code == 403
    async with open_socket(house.proxy, "nobody", SITE_URL) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 4401


def test_the_doctor_comes_in_as_a_browser_does(house: Balanced) -> None:
    env = house.site.workers[0].env | {"SSL_CERT_FILE": str(house.proxy.certificate.chain)}
    way = ["--via", f"127.0.0.1:{house.proxy.https_port}", "--only", "proxy", "--only", "sockets"]
    idle = ["--idle", "1", "--token", house.site.tokens[0]]
    looked = run_python(env, "manage.py", "doctor", "--json", *way, *idle)  # exit code 0, or it raises

    through, opens, silent = [one["what"] for one in json.loads(looked)["findings"]]
    assert through == f"Requests come through 1 proxy, as {SITE_URL}, from 127.0.0.1; claims are not believed."
    assert opens == "A socket opens from our pages, and from no other."
    assert silent.startswith("A silent socket stands for 1 s; then an answer takes ")


class Asked:
    """The proxy in front of something that only notes the headers of what it is asked."""

    def __init__(self, kind: type[Proxy], directory: Path) -> None:
        self.headers: list[list[tuple[str, str]]] = []
        noted = self.headers

        class Note(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path != "/readyz":
                    noted.append([(name.lower(), value) for name, value in self.headers.items()])
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Note)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.proxy = kind(directory, [self._server.server_port] * WORKERS, directory)
        self.proxy.launch()

    def close(self) -> None:
        self.proxy.kill()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def asked(kind: type[Proxy], tmp_path: Path) -> Iterator[Asked]:
    asked = Asked(kind, tmp_path)
    yield asked
    asked.close()


@pytest.mark.parametrize("more", [{}, UPGRADE], ids=["page", "socket"])
def test_what_somebody_claims_about_themselves_does_not_reach_a_worker(asked: Asked, more: dict[str, str]) -> None:
    asked.proxy.get("/ws/", **CLAIMS, **more)

    [heard] = asked.headers
    wanted = {"host": HOST, "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https"}
    names = {name.lower() for name in CLAIMS} | {"host"}
    assert sorted((name, value) for name, value in heard if name in names) == sorted(wanted.items())
    assert (("upgrade", "websocket") in heard) == bool(more)


def test_nor_does_confab_believe_it(house: Balanced) -> None:
    page = house.proxy.get("/accounts/login/", **CLAIMS)  # over http, as it claims, it would be sent to https
    assert page.status == 200
    assert "/evil" not in page.body


# --- Workers that come and go ----------------------------------------------------------------------------------------


async def test_people_spread_over_the_workers(house: Balanced, people: list[Client]) -> None:
    sockets = house.sockets()
    # HAProxy may just be asking for /readyz.
    assert min(sockets) >= PEOPLE // WORKERS - 1
    assert max(sockets) <= PEOPLE // WORKERS + 2


async def test_a_worker_killed_while_people_talk_costs_nobody_a_message(house: Balanced, people: list[Client]) -> None:
    site, victim = house.site, house.site.workers[1]
    async with house.visitors(PAGES) as seen:  # a form that reached it is lost with it: nobody may send that twice
        talking = start_talking(house, people)
        await until(lambda: all(len(client.acked) > 50 for client in people[:TALKERS]), "fifty acks each")
        victim.kill()
        assert not talking.done()
        await talking
    victim.launch()
    await asyncio.to_thread(victim.wait_until_ready)
    await everybody_has(site, people)

    assert not site.verdict(people).anomalies
    assert sum(len(client.acked) for client in people) == TALKERS * EACH_SENDS
    assert any(client.closed_with for client in people)
    assert not all(client.closed_with for client in people)
    assert not any(client.errors for client in people)
    assert set(seen) == {"visits"}, seen


def start_talking(house: Balanced, people: list[Client]) -> "asyncio.Future[list[None]]":
    return asyncio.gather(
        *(talk(client, house.site.room, EACH_SENDS, pace_seconds=0.01) for client in people[:TALKERS])
    )


async def test_all_workers_restart_and_nobody_notices(house: Balanced, people: list[Client], tmp_path: Path) -> None:
    site = house.site
    systemd = Systemd(tmp_path, site.workers)
    ports = [str(worker.port) for worker in site.workers]
    done = asyncio.Event()

    async def talk_until_done(client: Client) -> None:
        while not done.is_set():
            await talk(client, site.room, 10, pace_seconds=0.02)

    async with house.visitors(PAGES_AND_FORMS) as seen:
        talking = asyncio.gather(*(talk_until_done(client) for client in people[:TALKERS]))
        await systemd.run(ROOT / "deploy" / "rolling-restart", *ports, path=os.environ["PATH"])
        assert not talking.done()
        done.set()
        await talking
    await everybody_has(site, people)

    assert systemd.restarted == [f"realtime-web@{port}" for port in ports]
    assert not site.verdict(people).anomalies
    assert all(client.closed_with for client in people)
    assert {code for client in people for code in client.closed_with} <= {NORMAL, DRAINING}
    assert not any(client.errors for client in people)
    assert set(seen) == {"visits"}, seen


async def test_the_proxy_reloads_while_people_talk(house: Balanced, people: list[Client]) -> None:
    site = house.site
    async with house.visitors(PAGES_AND_FORMS) as seen:
        talking = start_talking(house, people)
        await until(lambda: all(len(client.acked) > 50 for client in people[:TALKERS]), "fifty acks each")
        await asyncio.to_thread(house.proxy.reload)
        assert not talking.done()
        newcomers = await house.clients(2)
        await talking
    await everybody_has(site, [*people, *newcomers])

    assert not site.verdict([*people, *newcomers]).anomalies
    assert not any(client.closed_with or client.errors for client in [*people, *newcomers])
    assert set(seen) == {"visits"}, seen
    for client in newcomers:
        await client.stop()
