"""What is done about signals, and about workers that die."""

from __future__ import annotations

import logging
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from app.supervisor.worker import Worker, because

FIRST_DELAY_SECONDS: Final = 0.1
LONGEST_DELAY_SECONDS: Final = 5.0
STEADY_SECONDS: Final = 5.0
"""After a worker that has served for so long the next one is not delayed more than at first."""

logger = logging.getLogger("parley.supervisor")


@dataclass(slots=True)
class Place:
    """What one worker after another takes."""

    number: int
    worker: Worker | None = None
    start_at: float | None = None
    """On the monotonic clock; None while it has a worker, or is to have none."""
    delay_seconds: float = FIRST_DELAY_SECONDS


class Supervisor:
    """Args:
    command, address: as of `Worker.start`.
    ready: called once, as soon as every worker serves.
    """

    def __init__(
        self, workers: int, command: Sequence[str], address: socket.socket, *, ready: Callable[[], None]
    ) -> None:
        self._places = [Place(number) for number in range(1, workers + 1)]
        self._command = command
        self._address = address
        self._ready = ready
        self._selector = selectors.DefaultSelector()
        self._all_have_served = False
        self._stopping = False
        self._status = 0

    def run(self) -> int:
        """Returns the exit status when the last worker has ended: 0 if that was asked for, and all of them ended well.

        The first worker starts alone: it brings the database up and up to date, and what is wrong is told once. How
        long it takes for that is nobody's to say: to end a migration half-way would be worse than to wait.
        """
        with self._selector, _signals() as told:
            self._selector.register(told, selectors.EVENT_READ, lambda: self._heed(told))
            self._start(self._places[0])
            while any(place.worker or place.start_at is not None for place in self._places):
                for key, _ in self._selector.select(self._seconds_to_next_start()):
                    key.data()
                self._start_due()
        return self._status

    def _heed(self, told: socket.socket) -> None:
        """One byte is one signal. The first is a stop, each further one a request to hurry."""
        for _ in told.recv(4096):
            if self._stopping:
                for worker in self._running():
                    worker.hurry()
            else:
                self._stop()

    def _stop(self) -> None:
        self._stopping = True
        for place in self._places:
            place.start_at = None
        for worker in self._running():
            worker.terminate()

    def _running(self) -> Iterator[Worker]:
        return (place.worker for place in self._places if place.worker)

    def _start(self, place: Place) -> None:
        place.start_at = None
        if self._stopping:
            return
        try:
            worker = place.worker = Worker.start(self._command, self._address)
        except OSError as error:
            self._lack(place, error.strerror or str(error))
        else:
            self._selector.register(worker.line, selectors.EVENT_READ, lambda: self._listen(place, worker))

    def _start_due(self) -> None:
        now = time.monotonic()
        for place in self._places:
            if place.start_at is not None and place.start_at <= now:
                self._start(place)

    def _seconds_to_next_start(self) -> float | None:
        times = [place.start_at for place in self._places if place.start_at is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _listen(self, place: Place, worker: Worker) -> None:
        if not worker.listen():
            self._end(place, worker)
        elif self._all_have_served:
            logger.info("a worker serves again", extra={"worker": place.number, "pid": worker.pid})
        elif not self._stopping:
            self._go_on_starting()

    def _go_on_starting(self) -> None:
        if all(place.worker and place.worker.serves for place in self._places):
            self._all_have_served = True
            self._ready()
        for place in self._places:
            if not place.worker:
                self._start(place)

    def _end(self, place: Place, worker: Worker) -> None:
        self._selector.unregister(worker.line)
        place.worker = None
        status = worker.wait()
        if not self._stopping:
            if worker.served_seconds > STEADY_SECONDS:
                place.delay_seconds = FIRST_DELAY_SECONDS
            self._lack(place, because(status))
        elif worker.serves and status:
            logger.error("a worker did not end well: %s", because(status), extra={"worker": place.number})
            self._status = 1

    def _lack(self, place: Place, because: str) -> None:
        """There is no worker where there should be one: another one is started, unless it never worked at all."""
        if self._all_have_served:
            logger.error("a worker is gone, and started anew: %s", because, extra={"worker": place.number})
            place.start_at = time.monotonic() + place.delay_seconds
            place.delay_seconds = min(2 * place.delay_seconds, LONGEST_DELAY_SECONDS)
        elif not self._stopping:
            logger.error("a worker did not start: %s", because, extra={"worker": place.number})
            self._status = 1
            self._stop()


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """A socket from which each SIGINT and SIGTERM is read as a byte: they come between two events, and never within."""
    told, tells = socket.socketpair()
    with told, tells:
        told.setblocking(False)
        tells.setblocking(False)
        before = signal.set_wakeup_fd(tells.fileno())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        try:
            yield told
        finally:
            signal.set_wakeup_fd(before)
