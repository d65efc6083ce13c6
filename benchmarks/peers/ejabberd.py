"""ejabberd's multi-user chat (XEP-0045), over plain TCP, its cheapest transport: no TLS, no archive, no presence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template

from benchmarks.core.bench import Bench
from benchmarks.load.dialect import BODY, Dialect, Opening, exchange
from benchmarks.peers import debian
from benchmarks.peers.peer import Peer, Server
from tests.processes import free_port

CONFIGURATION = Path(__file__).parent / "ejabberd.yml"
STREAM = (
    "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client'"
    " xmlns:stream='http://etherx.jabber.org/streams'>"
)
LOGIN = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>"
BIND = "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"


class Ejabberd(Peer):
    name = "ejabberd MUC"

    def install(self) -> None:
        self._root = debian.unpacked("ejabberd", ("ejabberd",), ("ejabberd", "erlang"))

    def version(self) -> str:
        return f"{debian.version(self._root, 'ejabberd')}, {debian.version(self._root, 'erlang-base')}"

    @contextmanager
    def serve(self, bench: Bench, rooms: int, size: int) -> Iterator[Server]:
        port, folder = free_port(), bench.path("ejabberd")
        folder.mkdir()
        (folder / "ejabberd.yml").write_text(Template(CONFIGURATION.read_text()).substitute(port=port))
        erlang = self._root / "usr/lib/erlang"
        programs = next(erlang.glob("erts-*")) / "bin"
        environment = debian.environment(self._root) | {
            "ROOTDIR": str(erlang),
            "BINDIR": str(programs),
            "EMU": "beam",
            "PROGNAME": "erl",
            "ERL_LIBS": str(next((self._root / "usr/lib").glob("*-linux-gnu*/ejabberd-*")).parent),
            "HOME": str(folder),
            "EJABBERD_CONFIG_PATH": str(folder / "ejabberd.yml"),
            "EJABBERD_LOG_PATH": str(folder / "ejabberd.log"),
        }
        # What ejabberdctl starts, without distribution: a node that nobody else talks to needs no epmd.
        spool = f'"{folder / "spool"}"'
        command = [programs / "erlexec", "+K", "true", "-noinput", "-mnesia", "dir", spool, "-s", "ejabberd"]
        with bench.process("ejabberd", command, environment, port=port) as server:
            yield Server(_dialect(port, size), (server.pid,))


def _dialect(port: int, size: int) -> Dialect:
    def address(number: int) -> str:
        return f"room-{number // size}@conference.localhost"

    def opening(number: int) -> Opening:
        """RFC 6120 §4 to §7, then XEP-0045 §7.2: a room's subject is the last thing that somebody who enters hears."""
        yield from exchange(STREAM, b"</stream:features>")
        yield from exchange(LOGIN, b"<success")
        yield from exchange(STREAM, b"</stream:features>")
        yield from exchange(BIND, b"</iq>")
        enter = f"<presence to='{address(number)}/n{number}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
        yield from exchange(enter, b"<subject/>")

    def message(sender: int, number: int) -> str:
        return f"<message to='{address(sender)}' type='groupchat'><body>{BODY}</body></message>"

    return Dialect(
        ports=(port,),
        path=lambda number: "",
        frame=message,
        marker=f"<body>{BODY}".encode(),
        opening=opening,
        framed=False,
    )
