"""A chat server as the documentation of `websockets` writes it: https://websockets.readthedocs.io, "Broadcasting"."""

import asyncio
import json
import sys
from collections import defaultdict

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

rooms: defaultdict[str, set[ServerConnection]] = defaultdict(set)


async def handler(socket: ServerConnection) -> None:
    room = rooms[socket.request.path]
    room.add(socket)
    try:
        async for text in socket:
            broadcast(room, json.dumps({"message": json.loads(text)["message"]}))
    finally:
        room.discard(socket)


async def main() -> None:
    async with serve(handler, "127.0.0.1", int(sys.argv[1]), compression=None, backlog=2048) as server:
        await server.serve_forever()


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
