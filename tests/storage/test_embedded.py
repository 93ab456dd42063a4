"""The embedded PostgreSQL: there for whoever uses it, gone with its last user."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError
from tests.storage.database_users import ROOT, USER_OF_DATABASE, another_user, postmaster, program, sql
from tests.storage.processes import none_left, processes_of


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
