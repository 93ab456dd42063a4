"""A worker as its supervisor has it: a process, and a socket pair whose ends the two have.

Both read the end of it as soon as the other is gone, however that came about: no worker is left behind, whatever
becomes of the supervisor. A worker writes to it when it serves.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

HURRY: Final = b"hurry"
"""What a worker is told when the grace period is to end now. A second signal could not say it: service managers signal
every process of a service, so that a worker has the first one twice.
"""


class Worker:
    def __init__(self, process: subprocess.Popen[bytes], line: socket.socket) -> None:
        self.line = line
        self.pid = process.pid
        self._process = process
        self._served_since: float | None = None

    @classmethod
    def start(cls, command: Sequence[str], address: socket.socket) -> Worker:
        """Args:
            command: the file descriptors of the address and of the worker's end of the pair are appended to it.

        Raises:
            OSError: the machine allows no further process.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            descriptors = [address.fileno(), theirs.fileno()]
            try:
                process = subprocess.Popen(  # noqa: S603 - this program again
                    [*command, *map(str, descriptors)],
                    pass_fds=descriptors,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C is for the supervisor, and so is the end of the terminal
                )
            except BaseException:
                ours.close()
                raise
        ours.setblocking(False)
        return cls(process, ours)

    @property
    def serves(self) -> bool:
        return self._served_since is not None

    @property
    def served_seconds(self) -> float:
        return 0.0 if self._served_since is None else time.monotonic() - self._served_since

    def listen(self) -> bool:
        """Whether it still runs; to be asked when the line is readable."""
        try:
            said = self.line.recv(4096)
        except ConnectionResetError:  # it has died without having read what it was told
            return False
        if said and self._served_since is None:
            self._served_since = time.monotonic()
        return bool(said)

    def terminate(self) -> None:
        self._process.terminate()

    def hurry(self) -> None:
        with suppress(OSError):  # it has just ended, or has been told very often
            self.line.send(HURRY)

    def wait(self) -> int:
        """The exit status, negative for a signal."""
        self.line.close()
        return self._process.wait()


def because(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"killed by {signal.Signals(-status).name}"
