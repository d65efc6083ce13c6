"""Stands in for `manage.py deliver`: writes into the diary that it runs, and that it was told to end."""

import os
import signal
import sys
import time
from pathlib import Path

diary = Path(os.environ["DIARY"])


def write(event: str) -> None:
    with diary.open("a") as file:
        file.write(f"{event} {os.getpid()} 0\n")


def leave(number: int, frame: object) -> None:
    write("companion-told")
    sys.exit()


signal.signal(signal.SIGTERM, leave)
write("companion")
while True:
    time.sleep(60)
