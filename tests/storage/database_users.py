"""Other processes that use an embedded database, and those that are the database."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil

from tests.storage.processes import processes_of

ROOT = Path(__file__).parents[2]
USER_OF_DATABASE = """
import sys
from pathlib import Path
from app.storage.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as url:
    print(url)
    sys.stdin.read()
"""


async def sql(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def program(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A Python of its own, with a process group of its own, that prints what it has to say."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", textwrap.dedent(code), *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@contextmanager
def another_user(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that uses the database until its standard input ends."""
    with program(USER_OF_DATABASE, data_dir) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            assert process.stdin is not None
            process.stdin.close()


def one(data_dir: Path, is_wanted: Callable[[list[str]], bool]) -> psutil.Process:
    (found,) = [process for process in processes_of(data_dir) if is_wanted(process.cmdline())]
    return found


def postmaster(data_dir: Path) -> psutil.Process:
    """By its own word: a backend that was forked just now has its command line, too."""
    return psutil.Process(int((data_dir / "postgres/postmaster.pid").read_text().split("\n")[0]))


def supervisor(data_dir: Path) -> psutil.Process:
    return one(data_dir, lambda command: "app.storage.postgres_supervisor" in command)
