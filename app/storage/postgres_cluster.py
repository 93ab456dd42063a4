"""The folder of the embedded database: a PostgreSQL cluster, made on first use, and what runs on it.

Standard library only: the supervisor, which runs this, starts for every command typed and should cost nothing.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

POSTGRES_MAJOR = 18
SUPERUSER = "postgres"
DATABASE = "parley"
UNPRIVILEGED_USER = "parley-postgres"
"""PostgreSQL refuses to run as root; where Parley runs as root, its database runs as this user."""

INITDB_OPTIONS = (
    "--auth=trust",  # whoever reaches the socket is its owner: it lies in a 0700 folder and there is no other
    f"--username={SUPERUSER}",
    "--encoding=UTF8",
    "--locale-provider=builtin",  # the same order of text on every machine, whatever locales it has
    "--locale=C",
    "--builtin-locale=C.UTF-8",
    # Whoever commits into a new segment of a new cluster makes it, and all wait: 2 ms for 1 MB, 15 for the usual 16.
    "--wal-segsize=1",
    "--no-instructions",
)

SETTINGS = {
    "listen_addresses": "",
    "cluster_name": "parley",
    # Small: a chat service on one machine. Nothing here touches durability, which stays as strict as it comes.
    "shared_buffers": "64MB",
    # Each worker of a server may have 14.
    "max_connections": "300",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}


class PostgresClusterError(Exception):
    """The folder cannot be used as a database; says why in one line."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whom PostgreSQL runs as; of None as ourselves."""

    uid: int | None = None
    gid: int | None = None

    @property
    def groups(self) -> list[int] | None:
        return None if self.uid is None else []

    def give(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


@dataclass(frozen=True, slots=True)
class PostmasterPid:
    """`postmaster.pid`, as PostgreSQL writes it (utils/pidfile.h), as far as it is of use here."""

    pid: int
    socket_dir: Path
    port: int
    ready: bool

    @property
    def socket(self) -> Path:
        return self.socket_dir / f".s.PGSQL.{self.port}"

    def answers(self) -> bool:
        """Whether somebody listens on the socket, which lies where only PostgreSQL may make one."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
            except OSError:
                return False
            return True


def parse_postmaster_pid(text: str) -> PostmasterPid | None:
    """Returns None of a file whose writing has only begun: the status is its eighth and last line."""
    lines = text.split("\n")
    if len(lines) < 8 or not lines[0].isdecimal() or not lines[3].isdecimal():
        return None
    return PostmasterPid(int(lines[0]), Path(lines[4]), int(lines[3]), lines[7].strip() == "ready")


class PostgresCluster:
    """The data folder `directory` and the programs in `programs` that work on it."""

    def __init__(self, directory: Path, programs: Path) -> None:
        self.directory = directory
        self.programs = programs

    def postmaster_pid(self) -> PostmasterPid | None:
        try:
            return parse_postmaster_pid((self.directory / "postmaster.pid").read_text())
        except OSError:
            return None

    def running(self) -> PostmasterPid | None:
        """The server that takes connections, if one does.

        A file that a killed server left behind says `ready` too. A new one writes it anew before it listens: what is
        read after somebody answered is of whoever answered.
        """
        file = self.postmaster_pid()
        if not (file and file.answers()):
            return None
        file = self.postmaster_pid()
        return file if file and file.ready else None

    def prepare(self) -> Account:
        """Makes the cluster where there is none; returns whom to run it as.

        Raises:
            PostgresClusterError: it cannot be made, or was made by another major version.
        """
        exists = self._check_version()
        account = self._account()
        if account.uid is not None:
            _let_pass(self.directory)
            _let_pass(self.programs / "postgres")
        if not exists:
            self._create(account)
        return account

    def _run(self, program: str, *arguments: str, account: Account, stdin: str = "") -> None:
        done = subprocess.run(  # noqa: S603 - the programs of the wheel
            [self.programs / program, *arguments],
            user=account.uid,
            group=account.gid,
            extra_groups=account.groups,
            cwd="/",
            env=environment(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line for line in done.stderr.splitlines() if re.search(r"\b(error|ERROR|FATAL|PANIC):", line)]
        if done.returncode or lines:
            because = "; ".join(lines) or done.stderr
            raise PostgresClusterError(f"no database could be made in {self.directory}: {because}")

    def _check_version(self) -> bool:
        try:
            version = (self.directory / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return False
        if version != str(POSTGRES_MAJOR):
            raise PostgresClusterError(
                f"{self.directory} was made by PostgreSQL {version}, this is {POSTGRES_MAJOR}: "
                "bring the data over with pg_dump, or move the folder away to begin anew"
            )
        return True

    def _account(self) -> Account:
        """For root whoever owns the data; of new data a user made for it."""
        if os.geteuid():
            return Account()
        try:
            owner = self.directory.stat()
        except FileNotFoundError:
            owner = None
        if owner and owner.st_uid:
            return Account(owner.st_uid, owner.st_gid)
        try:
            entry = pwd.getpwnam(UNPRIVILEGED_USER)
        except KeyError:
            entry = _make_user(UNPRIVILEGED_USER)
        return Account(entry.pw_uid, entry.pw_gid)

    def _create(self, account: Account) -> None:
        """Made beside its place and then moved there: a half-made cluster is never taken for a whole one."""
        half_made = self.directory.with_suffix(".new")
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(mode=0o700)
        account.give(half_made)
        self._run("initdb", *INITDB_OPTIONS, f"--pgdata={half_made}", account=account)
        self._run(
            "postgres",
            "--single",
            "-D",
            str(half_made),
            "template1",
            account=account,
            stdin=f"CREATE DATABASE {DATABASE};\n",
        )
        if self.directory.exists():
            self.directory.rmdir()
        half_made.rename(self.directory)


def environment() -> dict[str, str]:
    """Ours without what would steer PostgreSQL's programs (PGDATA, PGOPTIONS, …), and messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def _make_user(name: str) -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    try:
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - root's own PATH
        return pwd.getpwnam(name)  # also where somebody else has just made it
    except (OSError, KeyError):
        raise PostgresClusterError(
            "PostgreSQL does not run as root and no user could be made for it: "
            "run Parley as another user, or set DATABASE_URL"
        ) from None


def _let_pass(path: Path) -> None:
    """Lets PostgreSQL's user walk to `path`; it may list or read no folder on the way that it could not before."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
