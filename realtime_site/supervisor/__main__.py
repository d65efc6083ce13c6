"""The command line of the supervisor."""

import argparse
import asyncio
import os
import shlex
import sys

from realtime_site.listening import ListenError, base_url, listen
from realtime_site.supervisor.supervisor import Supervisor


def main() -> int:
    arguments = _arguments()
    try:
        listener = listen(arguments.host, arguments.port)
    except ListenError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    url = arguments.url or base_url(arguments.host, listener.getsockname()[1])

    async def supervise() -> int:
        return await Supervisor(
            arguments.command or [sys.executable, "-m", "realtime_site.worker"],
            listener=listener,
            workers=arguments.workers,
            url=url,
            drain_seconds=arguments.drain_seconds,
            companion=shlex.split(arguments.companion),
        ).run()

    return asyncio.run(supervise())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m realtime_site.supervisor", description="Keeps the workers serving."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=int(os.environ.get("WORKERS", "1")))
    parser.add_argument("--drain-seconds", type=float, default=float(os.environ.get("DRAIN_SECONDS", "10")))
    parser.add_argument("--url", help="what to tell the operator")
    parser.add_argument("--companion", default="", metavar="COMMAND", help="runs beside the workers, serving nobody")
    parser.add_argument("command", nargs="*", help="started instead of the worker, with --fd and --ready-fd added")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
