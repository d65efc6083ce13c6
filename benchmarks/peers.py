"""How to speak to each server: addresses, frames, and the bytes that mark a delivered message."""

import json
import subprocess
import sys
from typing import Any
from uuid import uuid4

from benchmarks.load import Peer

BODY = "x" * 40


def people(which: str, rooms: int, size: int, environment: dict[str, str]) -> list[dict[str, Any]]:
    """What `benchmarks.people` prints: room and headers for each."""
    command = [sys.executable, "-m", "benchmarks.people", which, str(rooms), str(size)]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)  # noqa: S603
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def confab_signal(port: int, who: list[dict[str, Any]]) -> Peer:
    """Relayed and not stored, as the tutorial's messages are."""

    def frame(sender: int, number: int) -> str:
        room = who[sender]["room"]
        return json.dumps({"type": "signal", "id": number, "room": room, "name": "mark", "data": BODY})

    return _confab("confab", port, who, frame, b'{"type":"signal"')


def confab_message(port: int, who: list[dict[str, Any]]) -> Peer:
    """Stored before it is answered and delivered."""

    def frame(sender: int, number: int) -> str:
        command = {"type": "message.send", "id": number, "room": who[sender]["room"], "body": BODY}
        return json.dumps({**command, "client_id": str(uuid4())})

    return _confab("confab, stored", port, who, frame, b'{"type":"message"')


def _confab(name: str, port: int, who: list[dict[str, Any]], frame: Any, marker: bytes) -> Peer:
    def headers(number: int) -> dict[str, str]:
        return {**who[number]["headers"], "Sec-WebSocket-Protocol": "live.v1"}

    return Peer(name, port, lambda number: "/ws/", headers, frame, marker)


def stock(name: str, port: int, who: list[dict[str, Any]], *, stored: bool) -> Peer:
    address = "stored" if stored else "chat"

    def path(number: int) -> str:
        return f"/ws/{address}/{who[number]['room']}/"

    def headers(number: int) -> dict[str, str]:
        return {**who[number]["headers"], "Origin": f"http://127.0.0.1:{port}"}

    return Peer(name, port, path, headers, lambda sender, number: json.dumps({"message": BODY}), b'{"message"')
