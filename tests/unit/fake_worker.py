"""Stands in for `realtime_site.worker`, in a moment: answers each connection with its pid.

Writes what happens to it into the file DIARY, a line each. While the file DIARY.broken is there it ends before it is
ready; while DIARY.deaf is there, it does not end on SIGTERM.
"""

import argparse
import contextlib
import os
import select
import signal
import socket
import sys
from pathlib import Path

diary = Path(os.environ["DIARY"])


def write(event: str) -> None:
    with diary.open("a") as file:  # one write in append mode: lines of several processes do not mix
        file.write(f"{event} {os.getpid()} {os.environ['WORKERS']}\n")


leaving = False


def leave(number: int, frame: object) -> None:
    global leaving
    write("told")
    leaving = not diary.with_suffix(".deaf").exists()


parser = argparse.ArgumentParser()
parser.add_argument("--fd", type=int)
parser.add_argument("--ready-fd", type=int)
arguments = parser.parse_args()
if diary.with_suffix(".broken").exists():
    sys.exit("I am broken")
waking, woken = socket.socketpair()
waking.setblocking(False)
signal.set_wakeup_fd(waking.fileno())
signal.signal(signal.SIGTERM, leave)
signal.signal(signal.SIGINT, leave)
listener = socket.socket(fileno=arguments.fd)
listener.setblocking(False)
write("ready")
os.write(arguments.ready_fd, b"1")
os.close(arguments.ready_fd)
while not leaving:
    for ready in select.select([listener, woken], [], [])[0]:
        if ready is woken:
            woken.recv(1)
            continue
        with contextlib.suppress(BlockingIOError):  # another worker was faster
            connection, _ = listener.accept()
            connection.sendall(str(os.getpid()).encode())
            connection.close()
