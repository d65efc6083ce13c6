"""A WebSocket through the public address, as a browser opens it: let in from our pages, from no other, kept open."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from django.conf import settings
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from realtime_site.doctor.findings import Finding, NotTriedError, Subject
from realtime_site.doctor.measuring import ms
from realtime_site.doctor.options import Options
from realtime_site.doctor.way import UnreachableError, Way
from realtime_site.live.closing import Close

SOCKETS = Subject("sockets")

STRANGER = "https://doctor.invalid"  # RFC 6761: nobody's
ANSWER_SECONDS = 5.0
# A handshake asks the database, and a machine may be busy; one that a proxy holds back takes for ever.
OPEN_SECONDS = 20.0
# A pong passes through what stands between and back; what is held back for a second is held on purpose.
HELD_MS = 1000.0
UPGRADE = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_http_version 1.1;'
UNBUFFERED = "proxy_buffering off;"
TIMEOUT = "proxy_read_timeout 90s;   # nginx; HAProxy: timeout tunnel 90s"


@dataclass(frozen=True, slots=True)
class Opening:
    """What became of a handshake: the HTTP status that refused it, or the code that closed the socket, or neither.

    `extensions`: what the answer agreed on beside the protocol.
    """

    status: int = 101
    code: int | None = None
    extensions: str = ""
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """A socket on which a client said nothing: how long it stood, of how long it should have; what closed it."""

    stood_seconds: float
    wanted_seconds: float
    code: int | None = None
    pong_ms: float | None = None


def look(options: Options) -> Iterable[Finding]:
    site = Way(settings.SITE_URL, options.via)
    try:
        ours, strangers = opened(site, settings.SITE_URL), opened(site, STRANGER)
        found = [*judge_ours(ours), *judge_strangers(strangers)]
        found = found or [SOCKETS.ok("A socket opens from our pages, and from no other.")]
        return [*found, *_idle(site, options)]
    except UnreachableError as error:
        raise NotTriedError(f"Nothing answers at {site.url}.") from error


def judge_ours(here: Opening) -> list[Finding]:
    """Nobody is logged in, so a socket that opens is closed with 4401."""
    found = _refusal(here) if here.status != 101 else _end(here)
    if here.extensions:
        why = "Confab compresses nothing on sockets: it would cost each socket as much memory as twenty have now."
        found.append(
            SOCKETS.warning(
                f"The proxy agreed on {here.extensions}.", why, 'proxy_set_header Sec-WebSocket-Extensions "";'
            )
        )
    return found


def judge_strangers(here: Opening) -> list[Finding]:
    if here.status == 101:
        return [
            SOCKETS.error(
                f"A page of {STRANGER} may open a socket.",
                "Any page in the world can then read what whoever looks at it may read here. The proxy changes Origin, "
                "or CSRF_TRUSTED_ORIGINS trusts everybody.",
                f"CSRF_TRUSTED_ORIGINS={settings.SITE_URL}   # and no proxy_set_header Origin",
            )
        ]
    return []


def judge_silence(here: Silence) -> Finding:
    if here.stood_seconds < here.wanted_seconds:
        what = f"A silent socket was cut off after {here.stood_seconds:.0f} s ({here.code or 'no close code'})."
        why = "Idle people reconnect again and again. A client is heard every 25 s at least, a worker every 20 s."
        return SOCKETS.error(what, why, TIMEOUT)
    if here.pong_ms is None or here.pong_ms > HELD_MS:
        took = "did not come" if here.pong_ms is None else f"took {ms(here.pong_ms)}"
        return SOCKETS.warning(
            f"An answer on a socket {took}.", "Something between holds back what is sent.", UNBUFFERED
        )
    return SOCKETS.ok(
        f"A silent socket stands for {here.wanted_seconds:.0f} s; then an answer takes {ms(here.pong_ms)}."
    )


def opened(site: Way, origin: str) -> Opening:
    """Raises UnreachableError."""
    try:
        with _connected(site, origin=Origin(origin)) as live:
            extensions = live.response.headers.get("Sec-WebSocket-Extensions", "") if live.response else ""
            try:
                live.recv(timeout=ANSWER_SECONDS)
            except ConnectionClosed as closed:
                return Opening(code=closed.rcvd.code if closed.rcvd else None, extensions=extensions)
            except TimeoutError:
                return Opening(extensions=extensions)
            return Opening(lost="something else came than its close", extensions=extensions)
    except InvalidStatus as refused:
        return Opening(status=refused.response.status_code)
    except (InvalidHandshake, OSError, EOFError) as error:
        return Opening(status=0, lost=str(error))


def silence(site: Way, token: str, seconds: float) -> Silence:
    """Opens one as a program with a token, and says nothing but what the protocol answers by itself."""
    began = monotonic()
    with _connected(site, headers={"Authorization": f"Bearer {token}"}) as live:
        try:
            live.recv(timeout=ANSWER_SECONDS)
            while (left := began + seconds - monotonic()) > 0:
                _hear(live, left)
            began_asking = monotonic()
            live.send('{"type": "ping", "id": 1}')
            while '"pong"' not in str(live.recv(timeout=ANSWER_SECONDS)):
                pass
        except ConnectionClosed as closed:
            return Silence(monotonic() - began, seconds, closed.rcvd.code if closed.rcvd else None)
        except TimeoutError:
            return Silence(monotonic() - began, seconds)
        return Silence(seconds, seconds, pong_ms=1000 * (monotonic() - began_asking))


def _hear(live: ClientConnection, seconds: float) -> None:
    with suppress(TimeoutError):
        live.recv(timeout=seconds)


def _idle(site: Way, options: Options) -> Iterable[Finding]:
    if not options.idle_seconds:
        return
    if not options.token:
        why = "Only a socket of somebody stays open: give --token or CONFAB_TOKEN, a token of a profile page."
        yield SOCKETS.note("How long a silent socket stands was not tried.", why)
        return
    try:
        yield judge_silence(silence(site, options.token, options.idle_seconds))
    except (InvalidHandshake, OSError) as error:
        yield SOCKETS.error("A socket with a token does not open.", f"Programs cannot come in: {error}", UPGRADE)


def _refusal(here: Opening) -> list[Finding]:
    if here.status == 403:
        why = "No browser gets anything live: SITE_URL and what the proxy says of host and scheme differ."
        return [
            SOCKETS.error(
                "A socket from our own pages is refused with 403.", why, f"CSRF_TRUSTED_ORIGINS={settings.SITE_URL}"
            )
        ]
    if here.status in {502, 503, 504}:
        why = "The proxy reaches no worker that is ready."
        return [SOCKETS.error(f"A socket is answered with {here.status}.", why, "systemctl status 'realtime-web@*'")]
    why = "Without an upgrade nothing is live: pages show what was there when they were loaded."
    how = f"is answered with {here.status}" if here.status else f"does not open ({here.lost})"
    return [SOCKETS.error(f"A socket {how}.", why, UPGRADE)]


def _end(here: Opening) -> list[Finding]:
    if here.code == Close.LOGGED_OUT:
        return []
    if here.code == Close.SUBPROTOCOL:
        why = "No client can speak: the proxy drops Sec-WebSocket-Protocol."
        return [SOCKETS.error("A socket is closed for want of its subprotocol.", why, UPGRADE)]
    if here.code in {Close.DRAINING, Close.INTERNAL}:
        why = "The worker is ending, or could not ask its database."
        return [SOCKETS.error(f"A socket is closed with {here.code}.", why, f"curl {settings.SITE_URL}/readyz")]
    why = "Something between holds back or cuts off what a worker says; it closes whoever is not logged in with 4401."
    return [SOCKETS.error(f"A socket opened, and then {_what_came(here)}.", why, UNBUFFERED)]


def _what_came(here: Opening) -> str:
    return here.lost or (f"was closed with {here.code}" if here.code else "nothing came")


def _connected(site: Way, *, origin: Origin | None = None, headers: dict[str, str] | None = None) -> ClientConnection:
    """Offers what a browser offers. Pings are answered, none are sent."""
    connected = connect(
        f"ws://{site.netloc}/ws/",  # the connection has its TLS already
        sock=site.connect(),
        origin=origin,
        subprotocols=[Subprotocol("live.v1")],
        additional_headers=headers,
        open_timeout=OPEN_SECONDS,
        close_timeout=1,
        ping_interval=None,
        max_size=None,
    )
    assert isinstance(connected, ClientConnection)
    return connected
