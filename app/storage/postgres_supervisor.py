"""The process that keeps the embedded PostgreSQL: starts it, restarts it when it dies, stops it after its last user.

`python -m app.storage.postgres_supervisor DATA_DIR PROGRAMS LOCK_FD`, started by app/storage/embedded.py.

Whoever uses the database holds a shared lock on `users.lock`, which the kernel gives back however that process ends.
The supervisor waits for the exclusive one: once it has that, nobody is left, and it stops PostgreSQL and itself. It is
a session of its own, so that a Ctrl-C at a terminal reaches neither it nor PostgreSQL.

LOCK_FD is an open `supervisor.lock`, exclusively locked by the starter: there is never more than one supervisor, and
none where that lock is free. The supervisor writes one line to its standard output, `ready` or what is wrong.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NoReturn

from app.storage.postgres_cluster import (
    SETTINGS,
    Account,
    PostgresCluster,
    PostgresClusterError,
    environment,
)

READY = "ready"
START_TIMEOUT_SECONDS = 60.0  # after a crash it replays its log first
STOP_TIMEOUT_SECONDS = 30.0
POLL_SECONDS = 0.005
LONGEST_SOCKET_PATH_BYTES = 103  # of macOS; Linux takes 107
LOG_LIMIT_BYTES = 10_000_000
FIRST_RESTART_DELAY_SECONDS = 0.1
LONGEST_RESTART_DELAY_SECONDS = 5.0


class Supervisor:
    def __init__(self, data_dir: Path, programs: Path) -> None:
        self._data_dir = data_dir
        self._cluster = PostgresCluster(data_dir / "postgres", programs)
        self._log = data_dir / "postgres.log"
        self._account = Account()
        self._socket_dir = self._cluster.directory
        self._postmaster: subprocess.Popen[bytes] | None = None
        self._abandoned = threading.Event()
        self._changing = threading.Lock()

    def start(self) -> None:
        """Raises PostgresClusterError: PostgreSQL does not come up."""
        self._account = self._cluster.prepare()
        self._replace_orphan()
        self._socket_dir = self._make_socket_dir()
        self._rotate_log()
        threading.Thread(target=self._wait_for_last_user, daemon=True).start()
        self._spawn()

    def keep(self) -> None:
        """Returns when PostgreSQL has stopped because nobody uses it any more."""
        delay = FIRST_RESTART_DELAY_SECONDS
        while not self._abandoned.is_set():
            started = time.monotonic()
            if self._postmaster:
                self._postmaster.wait()
            if time.monotonic() - started > LONGEST_RESTART_DELAY_SECONDS:
                delay = FIRST_RESTART_DELAY_SECONDS
            if self._abandoned.wait(delay):
                break
            delay = min(2 * delay, LONGEST_RESTART_DELAY_SECONDS)
            try:
                self._spawn()
            except PostgresClusterError as error:
                print(error, file=sys.stderr, flush=True)  # noqa: T201 - that is the database's log

    def stop(self) -> None:
        with self._changing:
            if self._postmaster:
                _stop(self._postmaster)
        if self._socket_dir != self._cluster.directory:
            shutil.rmtree(self._socket_dir, ignore_errors=True)

    def _wait_for_last_user(self) -> None:
        with (self._data_dir / "users.lock").open() as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            self._abandoned.set()
            with self._changing:
                if self._postmaster:
                    _stop(self._postmaster)
            # Held until this process ends: a new user waits for it rather than meet a database on its way down.
            threading.Event().wait()

    def _spawn(self) -> None:
        """Starts PostgreSQL and waits until it takes connections."""
        settings = SETTINGS | {"unix_socket_directories": '"' + str(self._socket_dir).replace('"', '""') + '"'}
        with self._log.open("ab") as log, self._changing:
            if self._abandoned.is_set():
                raise PostgresClusterError("nobody waits for the database any more")
            log_begin = log.tell()
            self._postmaster = subprocess.Popen(  # noqa: S603 - the program of the wheel
                [
                    self._cluster.programs / "postgres",
                    "-D",
                    self._cluster.directory,
                    *(f"--{name}={value}" for name, value in settings.items()),
                ],
                user=self._account.uid,
                group=self._account.gid,
                extra_groups=self._account.groups,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self._is_ready():
            if self._postmaster.poll() is not None:
                raise PostgresClusterError(f"PostgreSQL does not start: {_last_fatal(self._log, log_begin)}")
            if time.monotonic() > deadline:
                raise PostgresClusterError(f"PostgreSQL did not start in time: see {self._log}")
            time.sleep(POLL_SECONDS)

    def _is_ready(self) -> bool:
        file = self._cluster.postmaster_pid()
        return bool(file and self._postmaster and file.ready and file.pid == self._postmaster.pid)

    def _replace_orphan(self) -> None:
        """A PostgreSQL whose supervisor was killed has nobody to stop it: it makes way for one of ours.

        PostgreSQL itself takes any living process with the number in `postmaster.pid` for a server on this data, also
        one that got the number after a reboot: such a file is removed, and that beside the socket, which has the same
        number. Files whose process is gone it handles itself.
        """
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        while (file := self._cluster.postmaster_pid()) and _is_alive(file.pid):
            if not (file.answers() or _works_in(self._cluster.directory, file.pid)):
                file.socket.with_name(f"{file.socket.name}.lock").unlink(missing_ok=True)
                (self._cluster.directory / "postmaster.pid").unlink(missing_ok=True)
                return
            if time.monotonic() > deadline:
                raise PostgresClusterError(f"an older PostgreSQL, process {file.pid}, does not stop")
            os.kill(file.pid, signal.SIGINT)
            time.sleep(0.05)

    def _make_socket_dir(self) -> Path:
        """The cluster itself, where only its owner may enter; a short folder as private as that where its path is too
        long for a socket, or not every client can have it in a URL (libpq takes a comma for two hosts).
        """
        path = str(self._cluster.directory / ".s.PGSQL.5432")
        if len(path) <= LONGEST_SOCKET_PATH_BYTES and path.isascii() and "," not in path:
            return self._cluster.directory
        folder = Path(tempfile.mkdtemp(prefix="parley-", dir="/tmp"))  # fresh, 0700, and short
        self._account.give(folder)
        return folder

    def _rotate_log(self) -> None:
        if self._log.exists() and self._log.stat().st_size > LOG_LIMIT_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))


def _stop(postmaster: subprocess.Popen[bytes]) -> None:
    """Fast, with a checkpoint; if that hangs, at once: the next start then recovers from the log."""
    for sign in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        postmaster.send_signal(sign)
        try:
            postmaster.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _works_in(directory: Path, pid: int) -> bool:
    """Whether the process has made `directory` its own, as PostgreSQL does; False where there is no /proc to tell."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == directory
    except OSError:
        return False


def _last_fatal(log: Path, begin: int) -> str:
    with log.open("rb") as file:
        file.seek(begin)
        lines = file.read().decode(errors="replace").splitlines()
    telling = [line for line in lines if "FATAL:" in line or "PANIC:" in line] or lines or [f"see {log}"]
    return telling[-1].partition("FATAL:")[2].strip() or telling[-1]


def _detach() -> None:
    """Becomes a process that has no parent to report to: nobody has to wait for it, and it outlives its starter."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)


def _report(line: str) -> None:
    """To the starter, who reads until the end of the file, unless it has gone meanwhile."""
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), f"{' '.join(line.split())}\n".encode())
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def main(data_dir: Path, programs: Path, lock_fd: int) -> NoReturn:
    os.set_inheritable(lock_fd, False)
    _detach()
    supervisor = Supervisor(data_dir, programs)
    try:
        supervisor.start()
        _report(READY)
        supervisor.keep()
    except (PostgresClusterError, OSError) as error:
        _report(str(error))
    finally:
        supervisor.stop()
        os._exit(0)  # the thread that holds users.lock is not to be joined


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
