"""One worker process: `python -m realtime_site.worker --port 8000`. The supervisor starts these; so may systemd.

Owns the process: arguments, the listening socket, the event loop. Everything else is the server's and the
application's.
"""

import argparse
import gc
import os
import socket

# Objects made and not freed since the last look: some ten batches of messages. Python's own is 700.
COLLECT_AFTER = 10_000


def main() -> None:
    arguments = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realtime_site.settings")
    # daphne installs Twisted's reactor on import, so it comes before anything that could import Twisted.
    from django.conf import settings

    from realtime_site.asgi import application
    from realtime_site.live.server import LiveServer

    LiveServer(
        application,
        listener=_listener(arguments),
        alone=arguments.fd is None,
        drain_seconds=settings.LIVE_DRAIN_SECONDS,
        ready_callable=lambda: _serve(arguments.ready_fd),
        server_name="Confab",
    ).run()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m realtime_site.worker", description="One worker process.")
    parser.add_argument("--fd", type=int, help="an inherited listening socket, instead of --host and --port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument(
        "--ready-fd", type=int, help="an inherited pipe: a byte is written there when the worker serves"
    )
    return parser.parse_args()


def _listener(arguments: argparse.Namespace) -> socket.socket:
    if arguments.fd is not None:
        return socket.socket(fileno=arguments.fd)
    from realtime_site.listening import BACKLOG

    family = socket.AF_INET6 if ":" in arguments.host else socket.AF_INET
    return socket.create_server((arguments.host, arguments.port), family=family, backlog=BACKLOG)


def _serve(ready_fd: int | None) -> None:
    """What was loaded until now stays for ever, so the collector need not look at it again and again; and it looks more
    seldom, since a socket is a hundred objects that are not garbage. Together that is a tenth of the CPU of handshakes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)
    _tell_ready(ready_fd)


def _tell_ready(ready_fd: int | None) -> None:
    if ready_fd is not None:
        os.write(ready_fd, b"1")
        os.close(ready_fd)
    if address := os.environ.get("NOTIFY_SOCKET"):
        _tell_systemd(address)


def _tell_systemd(address: str) -> None:
    """sd_notify(3): `systemctl restart` returns when the new worker serves. With an @ the address is no file's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.connect(address.replace("@", "\0", 1) if address.startswith("@") else address)
        to.sendall(b"READY=1")


if __name__ == "__main__":
    main()
