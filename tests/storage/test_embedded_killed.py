"""The embedded PostgreSQL is whole, and gone with its last user, whatever was killed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import asyncpg
import pytest

from app.storage.embedded import EmbeddedPostgres
from tests.storage.database_users import another_user, postmaster, program, sql, supervisor
from tests.storage.processes import none_left, processes_of

DEADLINE_SECONDS = 30


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
            asyncio.run(ask(url))
    """
    with program(code, data_dir) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        for each in supervisor(data_dir), postmaster(data_dir):  # a terminal signals a process group as a whole
            assert os.getpgid(each.pid) != os.getpgid(process.pid)
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
        doomed = (supervisor(data_dir), postmaster(data_dir), process)
        for each in doomed:
            each.kill()
        for each in doomed:
            each.wait()  # until it is gone it takes connections
    with EmbeddedPostgres(data_dir) as url:
        assert await sql(url, "SELECT answer FROM kept") == 42
    assert none_left(data_dir)


async def test_a_postgresql_without_its_supervisor_makes_way(data_dir: Path) -> None:
    with another_user(data_dir) as (_, _):
        killed, orphan = supervisor(data_dir), postmaster(data_dir)
        killed.kill()
        killed.wait()  # a kill returns before the process is gone, and until then it is the supervisor
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
