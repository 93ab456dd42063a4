"""`python -m tests.supervisor.scripted_worker CONTROL ADDRESS_FD LINE_FD`: a worker that does as it is told by a test.

It tells the test, on a Unix socket at CONTROL, its process id, and then what it hears: signals, and what comes over the
supervisor's line. The test says `serve` or `exit STATUS`.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys


def main(control_path: str, line_fd: int) -> None:
    line = socket.socket(fileno=line_fd)
    control = socket.socket(socket.AF_UNIX)
    control.connect(control_path)

    def say(word: str) -> None:
        control.send(f"{word}\n".encode())

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: say(signal.Signals(number).name))
    say(str(os.getpid()))
    with selectors.DefaultSelector() as selector:
        selector.register(line, selectors.EVENT_READ)
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                said = key.fileobj.recv(4096)  # type: ignore[union-attr]  # which are both sockets
                if key.fileobj is line:
                    say(said.decode() or "alone")
                    if not said:
                        selector.unregister(line)
                elif said == b"serve\n":
                    line.send(b"serves")
                else:
                    os._exit(int(said.split()[1]) if said else 0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[3]))
