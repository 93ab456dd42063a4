"""The process that keeps several servers at one address: starts them, starts anew what dies, and stops them together.

`parley serve --workers N` turns into it. Nothing that matters passes through it: connections, replies and the use of
the database are the workers' own. So nothing is lost with it, and it imports next to nothing.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence
from typing import NoReturn


def turn_into_supervisor(
    workers: int, address: socket.socket, url: str, *, log_style: str, log_level: str, command: Sequence[str]
) -> NoReturn:
    """This process goes on as the supervisor, under its number, but without its memory.

    Args:
        address: for the workers to listen at; open for as long as the supervisor runs.
        url: told once every worker serves.
        command: runs a worker, as of `app.supervisor.worker`.
    """
    os.set_inheritable(address.fileno(), True)
    arguments = [str(workers), str(address.fileno()), url, log_style, log_level, *command]
    # -P: the interpreter would otherwise look for `app` in the working directory first, which is the user's.
    os.execv(sys.executable, [sys.executable, "-P", "-m", __name__, *arguments])  # noqa: S606 - no shell is wanted
