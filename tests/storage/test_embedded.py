"""The embedded PostgreSQL: there for whoever uses it, gone with its last user, whole whatever was killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import psutil
import pytest

from app.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError
from tests.storage.processes import none_left, processes_of

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 30


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    with TemporaryDirectory(prefix="parley-test-", ignore_cleanup_errors=True) as name:
        yield Path(name).resolve()


@pytest.fixture
async def data_dir(made_once: Path) -> AsyncIterator[Path]:
    """A folder that has a database already, which no test damages: to make one takes longer than most tests."""
    async with EmbeddedPostgres(made_once) as url:
        await sql(url, "DROP TABLE IF EXISTS kept")
    yield made_once
    assert none_left(made_once)


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


USER_OF_DATABASE = """
import sys
from pathlib import Path
from app.storage.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as url:
    print(url)
    sys.stdin.read()
"""


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
    return one(data_dir, lambda command: Path(command[0]).is_absolute() and Path(command[0]).name == "postgres")


def supervisor(data_dir: Path) -> psutil.Process:
    return one(data_dir, lambda command: "app.storage.postgres_supervisor" in command)


async def test_it_starts_durable_and_stops_without_a_trace(folder: Path) -> None:
    with EmbeddedPostgres(folder) as url:
        assert await sql(url, "SELECT current_database()") == "parley"
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert await sql(url, f"SHOW {setting}") == "on", setting
        assert await sql(url, "SHOW listen_addresses") == ""
        assert await sql(url, "SELECT datlocale FROM pg_database LIMIT 1") == "C.UTF-8"
        assert await sql(url, "SELECT upper('é')") == "É"
        await sql(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert processes_of(folder) == []
    with EmbeddedPostgres(folder) as url:
        assert await sql(url, "SELECT answer FROM kept") == 42


async def test_it_runs_until_its_last_user_leaves(data_dir: Path) -> None:
    first, second = EmbeddedPostgres(data_dir), EmbeddedPostgres(data_dir)
    assert first.start() == second.start()
    with another_user(data_dir) as (_, url):
        first.stop()
        assert await sql(url, "SELECT 1") == 1
        second.stop()
        assert await sql(url, "SELECT 1") == 1
    assert none_left(data_dir)
    second.stop()  # once more does no harm


async def test_many_processes_at_once_share_one_server(data_dir: Path) -> None:
    with ExitStack() as users:
        processes = [program(USER_OF_DATABASE, data_dir) for _ in range(6)]
        for process in processes:
            users.enter_context(process)
        urls = {process.stdout.readline() for process in processes if process.stdout}
        assert len(urls) == 1
        assert await sql(urls.pop().strip(), "SELECT 1") == 1
        assert postmaster(data_dir)
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
    assert none_left(data_dir)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_user_that_dies_has_left(data_dir: Path, how: signal.Signals) -> None:
    with another_user(data_dir) as (process, url):
        await sql(url, "CREATE TABLE kept ()")
        process.send_signal(how)
    assert none_left(data_dir)
    with EmbeddedPostgres(data_dir) as url:
        await sql(url, "SELECT 1 FROM kept")


async def test_a_user_that_is_killed_does_not_take_the_database_from_the_others(data_dir: Path) -> None:
    with another_user(data_dir) as (process, _), EmbeddedPostgres(data_dir) as url:
        process.kill()
        process.wait()
        assert await sql(url, "SELECT 1") == 1
    assert none_left(data_dir)


async def test_ctrl_c_at_the_terminal_does_not_stop_the_database_under_the_server(data_dir: Path) -> None:
    code = """
    import asyncio, asyncpg, sys, time
    from pathlib import Path
    from app.storage.embedded import EmbeddedPostgres
    async def ask(url):
        connection = await asyncpg.connect(url)
        print(await connection.fetchval("SELECT 'alive'"))
        await connection.close()
    with EmbeddedPostgres(Path(sys.argv[1])) as url:
        try:
            print(url)
            time.sleep(60)
        except KeyboardInterrupt:
            time.sleep(0.3) # long enough for PostgreSQL to go, had it got the signal
            asyncio.run(ask(url))
    """
    with program(code, data_dir) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.readline() == "alive\n"
    assert process.returncode == 0
    assert none_left(data_dir)


async def test_a_killed_postgresql_is_started_again(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as url:
        await sql(url, "CREATE TABLE kept ()")
        killed = postmaster(data_dir)
        killed.kill()
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            try:
                await sql(url, "SELECT 1 FROM kept")
                break
            except (OSError, asyncpg.PostgresError):
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)
        assert postmaster(data_dir).pid != killed.pid
    assert processes_of(data_dir) == []


async def test_after_a_kill_of_everything_the_next_start_recovers(data_dir: Path) -> None:
    with another_user(data_dir) as (process, url):
        await sql(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        for each in (supervisor(data_dir), postmaster(data_dir), process):
            each.kill()
    with EmbeddedPostgres(data_dir) as url:
        assert await sql(url, "SELECT answer FROM kept") == 42
    assert none_left(data_dir)


async def test_a_postgresql_without_its_supervisor_makes_way(data_dir: Path) -> None:
    with another_user(data_dir) as (_, _):
        supervisor(data_dir).kill()
        orphan = postmaster(data_dir)
        with EmbeddedPostgres(data_dir) as url:
            assert await sql(url, "SELECT 1") == 1
            assert postmaster(data_dir).pid != orphan.pid
    assert none_left(data_dir)


async def test_a_number_in_postmaster_pid_that_is_now_somebody_elses_does_not_matter(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        stale = (data_dir / "postgres/postmaster.pid").read_text()
    _, *rest = stale.split("\n")
    (data_dir / "postgres/postmaster.pid").write_text("\n".join([str(os.getpid()), *rest]))
    with EmbeddedPostgres(data_dir) as url:
        assert await sql(url, "SELECT 1") == 1


async def test_a_cluster_whose_making_was_interrupted_is_made_anew(folder: Path) -> None:
    half_made = folder / "postgres.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(folder) as url:
        assert await sql(url, "SELECT 1") == 1
    assert not half_made.exists()


@pytest.mark.parametrize("name", ['with space, comma, "quotes" & ünicode', "x" * 120, "deep/er/still"])
async def test_any_path_will_do(folder: Path, name: str) -> None:
    with EmbeddedPostgres(folder / name) as url:
        assert await sql(url, "SELECT 1") == 1
    assert processes_of(folder) == []


async def test_a_relative_path_is_one_from_where_it_was_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    database = EmbeddedPostgres(Path("data"))
    monkeypatch.chdir("/")
    with database as url:
        assert await sql(url, "SELECT 1") == 1
    assert (folder / "data/postgres").exists()


def test_data_of_another_major_version_is_refused_in_one_line(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres/PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedPostgresError, match=r"^\S+/postgres was made by PostgreSQL 16, this is 18: [^\n]+$"):
        EmbeddedPostgres(folder).start()
    assert none_left(folder)


def test_a_folder_that_cannot_be_is_refused_in_one_line(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(
        EmbeddedPostgresError,
        match=r"^the database cannot be kept in \S+/file/data: Not a directory \(PARLEY_DATA_DIR says where\)$",
    ):
        EmbeddedPostgres(folder / "file/data").start()


def test_a_cluster_that_postgresql_refuses_is_explained_with_its_words(folder: Path) -> None:
    with EmbeddedPostgres(folder):
        pass
    (folder / "postgres/global/pg_control").unlink()
    with pytest.raises(EmbeddedPostgresError, match=r"^PostgreSQL does not start: .*pg_control[^\n]*$"):
        EmbeddedPostgres(folder).start()
    assert none_left(folder)


def test_only_its_owner_reaches_it(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        (socket,) = (data_dir / "postgres").glob(".s.PGSQL.*[0-9]")
        assert socket.parent.stat().st_mode & 0o077 == 0


async def test_the_event_loop_runs_on_while_it_starts_and_stops(folder: Path) -> None:
    longest_pause = 0.0

    async def watch() -> None:
        nonlocal longest_pause
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.001)
            longest_pause = max(longest_pause, time.monotonic() - before)

    watching = asyncio.create_task(watch())
    started = time.monotonic()
    async with EmbeddedPostgres(folder) as url:
        assert await sql(url, "SELECT 1") == 1
    took = time.monotonic() - started
    watching.cancel()
    assert longest_pause < took / 3


async def test_a_start_that_is_cancelled_leaves_nothing_behind(folder: Path) -> None:
    async def use() -> None:
        async with EmbeddedPostgres(folder):
            raise AssertionError("it should not have come to that")

    using = asyncio.create_task(use())
    await asyncio.sleep(0.1)  # the start has begun and takes longer than that
    using.cancel()
    with pytest.raises(asyncio.CancelledError):
        await using
    assert processes_of(folder) == []


async def test_a_program_in_another_language_holds_it_by_a_pipe(data_dir: Path) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app.storage.embedded",
        "hold",
        data_dir,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert await sql((await holder.stdout.readline()).decode().strip(), "SELECT 1") == 1
    holder.stdin.close()
    assert await holder.wait() == 0
    assert processes_of(data_dir) == []
