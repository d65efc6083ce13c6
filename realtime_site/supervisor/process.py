"""A process as its supervisor sees it: started, ready, ended. Standard library only."""

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

PR_SET_PDEATHSIG = 1  # prctl(2)


class Process:
    """A process of ours. Made on a running event loop; raises OSError when it cannot be started.

    `ended` is set when it has ended; its owner calls `has_ended` on SIGCHLD.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        pass_fds: Sequence[int] = (),
        output: int | None = None,
        dies_by: signal.Signals = signal.SIGTERM,
    ) -> None:
        """`output`: a file descriptor for what it prints. `dies_by`: what it is sent when this process dies."""
        self.ended = asyncio.Event()
        self.started = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603  the operator's own command
            command,
            env=environment,
            pass_fds=pass_fds,
            stdout=output,
            stderr=output,
            # Its own group: Ctrl-C reaches the supervisor alone. From the terminal *and* from us, a worker would be
            # told twice, and twice means not to finish the drain.
            process_group=0,
            preexec_fn=_end_with(os.getpid(), dies_by),
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def how(self) -> str:
        """How it ended, in words."""
        code = self._process.returncode
        return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"

    def has_ended(self) -> bool:
        """Looks whether the process has ended, and remembers."""
        if self._process.poll() is None:
            return False
        self.ended.set()
        return True

    def signal(self, number: signal.Signals) -> None:
        """Nothing happens when it has ended already."""
        self._process.send_signal(number)


class WorkerProcess(Process):
    """A process that serves `listener`. `settled` is set when it serves (then `ready` is true) or has ended before."""

    def __init__(
        self,
        command: Sequence[str],
        listener: socket.socket,
        environment: Mapping[str, str],
        *,
        on_ready: Callable[[], None],
        output: int | None = None,
        dies_by: signal.Signals = signal.SIGTERM,
    ) -> None:
        """`output`: a file descriptor for what it prints. `dies_by`: what it is sent when this process dies."""
        self.ready = False
        self.settled = asyncio.Event()
        self._on_ready = on_ready
        reading, writing = os.pipe()
        try:
            super().__init__(
                [*command, "--fd", str(listener.fileno()), "--ready-fd", str(writing)],
                environment,
                pass_fds=[listener.fileno(), writing],
                output=output,
                dies_by=dies_by,
            )
        except OSError:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        asyncio.get_running_loop().add_reader(reading, self._read, reading)

    def has_ended(self) -> bool:
        if super().has_ended():
            self.settled.set()
        return self.ended.is_set()

    def _read(self, reading: int) -> None:
        """The pipe has a byte: it serves. Or it is closed: it will not."""
        self.ready = bool(os.read(reading, 1))
        asyncio.get_running_loop().remove_reader(reading)
        os.close(reading)
        if self.ready:
            self.settled.set()
            self._on_ready()


def _end_with(supervisor: int, number: signal.Signals) -> Callable[[], None] | None:
    """Makes the kernel send a signal to the worker when its supervisor dies, SIGKILL included.

    Rather than a pipe the worker would have to watch: this needs nothing of the worker, not even a loop that turns,
    and it survives exec. Linux only; elsewhere an orphaned worker serves on until it is told to stop.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # before the fork: importing and looking up are not safe after it

    def in_child() -> None:
        prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != supervisor:  # it died between the fork and the line above
            os._exit(1)

    return in_child
