"""Sends commands as fast as the server takes them, in a process of its own; `on` and `off` on its standard input.

After each word it prints how many answers came since the last one; after `off`, once no more come.
"""

import json
import os
import select
import socket
import sys

from benchmarks.load.websocket import client_frame

# Nothing for that long: the server has answered all it had taken.
QUIET_SECONDS = 0.3
# Written at once: several times what the server has in flight for one socket (32).
BATCH = 200


def main() -> None:
    os.nice(19)  # what slows the others must be what the server does for it, not that it uses the processor itself
    told = json.loads(sys.argv[1])
    connection, frames = _connect(told), _frames(told["room"])
    while sys.stdin.readline():  # on
        print(0, flush=True)
        print(_flood(connection, frames), flush=True)


def _connect(told: dict) -> socket.socket:  # type: ignore[type-arg]
    connection = socket.create_connection(("127.0.0.1", told["port"]))
    fields = {
        "Host": f"127.0.0.1:{told['port']}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version": "13",
        **told["headers"],
    }
    lines = ["GET /ws/ HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    assert b" 101 " in connection.recv(65_536)
    return connection


def _frames(room: int) -> bytes:
    """Messages, typing, pings: what passes every check but the rate."""
    kinds = (
        {"type": "message.send", "room": room, "body": "flood"},
        {"type": "typing", "room": room},
        {"type": "ping"},
    )
    made = []
    for number in range(BATCH):
        command = kinds[number % 3] | {"id": number}
        if command["type"] == "message.send":
            command["client_id"] = f"00000000-0000-4000-8000-{os.urandom(6).hex()}"
        made.append(client_frame(json.dumps(command).encode()))
    return b"".join(made)


def _flood(connection: socket.socket, frames: bytes) -> int:
    """Until somebody says `off`, then until it is quiet. How many answers came meanwhile."""
    connection.setblocking(False)
    answers, unsent, on = 0, frames, True
    while True:
        writers = [connection] if unsent else []
        inputs = [connection, sys.stdin] if on else [connection]
        readable, writable, _ = select.select(inputs, writers, [], None if on else QUIET_SECONDS)
        if not readable and not writable:
            return answers
        if connection in readable:
            data = connection.recv(262_144)
            if not data:
                raise ConnectionError("the server let the flooder go")
            answers += data.count(b'"id":')
        if writable:
            unsent = unsent[connection.send(unsent) :]
            if not unsent and on:
                unsent = frames
        if sys.stdin in readable:
            sys.stdin.readline()
            on = False


if __name__ == "__main__":
    main()
