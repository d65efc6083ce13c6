"""The address Confab listens on. Standard library only."""

import errno
import ipaddress
import socket

# Thousands reconnect at once after a restart; a full queue costs each of them a second or more of SYN retries.
BACKLOG = 2048


class ListenError(Exception):
    """The port cannot be had. The text is for the operator."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. A name that has both kinds of address gets IPv4. Raises `ListenError`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
        both = host == "::" and socket.has_dualstack_ipv6()
        server = (str(address[0]), int(address[1]))
        return socket.create_server(server, family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except OSError as error:
        raise ListenError(_why(error, host, port)) from error


def base_url(host: str, port: int) -> str:
    """Where a browser on this machine finds what listens there."""
    if is_wildcard(host):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_wildcard(host: str) -> bool:
    return host in {"", "0.0.0.0", "::"}  # noqa: S104  nothing is bound here


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _why(error: OSError, host: str, port: int) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"This machine has no address {host}. Try --host 127.0.0.1, or 0.0.0.0 for every address it has."
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken. Stop what listens there, or take another: --port {port + 1}"
    if error.errno == errno.EACCES:
        return f"Only root may listen on port {port}. Take one above 1023, and put a proxy in front."
    return f"Port {port} on {host}: {error.strerror}."
