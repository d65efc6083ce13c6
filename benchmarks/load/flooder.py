"""Sends commands as fast as the server takes them, in a process of its own; `on` and `off` on its standard input.
`polite` instead of `on`: as fast as the limits allow, and no faster.

After each word it prints how many answers it got since it was switched on, and in how many connections; after `off`,
once no more come.
"""

import itertools
import json
import os
import select
import socket
import sys
import time
from typing import Any

from benchmarks.load.websocket import client_frame

# Nothing for that long: the server has answered all it had taken.
QUIET_SECONDS = 0.3
# Between two connections, as quick as somebody is who does not care.
REST_SECONDS = 0.01
# Five messages, five times typing, five pings a second: what everybody may.
POLITE_SECONDS = 1 / 15
# Written at once: several times what the server has in flight for one socket (32).
BATCH = 200


def main() -> None:
    os.nice(19)  # what slows the others must be what the server does for it, not that it uses the processor itself
    flooder = Flooder(json.loads(sys.argv[1]))
    while word := sys.stdin.readline().strip():
        print("0 0", flush=True)
        flooder.flood(polite=word == "polite")
        print(flooder.answers, flooder.connections, flush=True)


class Flooder:
    """Comes back at once when it is let go. Counts the answers and the connections since it was switched on."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told
        self._single = _frames(told["room"])
        self._frames = b"".join(self._single)
        self._connection: socket.socket | None = None
        self._unsent = b""
        self.answers = self.connections = 0

    def flood(self, *, polite: bool) -> None:
        """Until somebody says `off`, then until it is quiet."""
        self.answers = self.connections = 0
        on, due, turn = True, time.monotonic(), itertools.cycle(self._single)
        while True:
            if on and not self._connection:
                self._connect()
            sockets = [self._connection] if self._connection else []
            writers = sockets if self._unsent else []
            inputs: list[Any] = [*sockets, sys.stdin] if on else sockets
            readable, writable, _ = select.select(inputs, writers, [], REST_SECONDS if on else QUIET_SECONDS)
            if not on and not readable and not writable:
                return
            self._turn(read=self._connection in readable, write=bool(writable))
            if sys.stdin in readable:
                sys.stdin.readline()
                on = False
            if on and not polite and not self._unsent:
                self._unsent = self._frames
            elif on and polite and time.monotonic() >= due:
                self._unsent += next(turn)
                due += POLITE_SECONDS

    def _connect(self) -> None:
        self.connections += 1
        self._connection = socket.create_connection(("127.0.0.1", self._told["port"]))
        fields = {
            "Host": f"127.0.0.1:{self._told['port']}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Version": "13",
            **self._told["headers"],
        }
        lines = ["GET /ws/ HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        # What followed before the upgrade is answered would only be dropped.
        self._connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._connection.recv(65_536)
        self._unsent = b""
        self._connection.setblocking(False)

    def _turn(self, *, read: bool, write: bool) -> None:
        assert self._connection or not (read or write)
        try:
            if self._connection and read:
                data = self._connection.recv(262_144)
                if not data:
                    raise ConnectionResetError
                self.answers += data.count(b'"id":')
            if self._connection and write:
                self._unsent = self._unsent[self._connection.send(self._unsent) :]
        except (ConnectionResetError, BrokenPipeError):
            if self._connection:
                self._connection.close()
            self._connection, self._unsent = None, b""
            time.sleep(REST_SECONDS)


def _frames(room: int) -> list[bytes]:
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
    return made


if __name__ == "__main__":
    main()
