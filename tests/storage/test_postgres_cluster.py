"""`postmaster.pid`, whole and while it is being written."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.storage.postgres_cluster import PostmasterPid, parse_postmaster_pid

WHOLE = "14102\n/data/d d\n1795244629\n5432\n/data/d d\n\n  2244656     32789\nready   \n"


def test_a_whole_file_says_where_the_server_listens() -> None:
    assert parse_postmaster_pid(WHOLE) == PostmasterPid(14102, Path("/data/d d"), 5432, ready=True)
    assert PostmasterPid(1, Path("/data"), 5433, ready=True).socket == Path("/data/.s.PGSQL.5433")


@pytest.mark.parametrize("status", ["starting", "stopping", "standby "])
def test_a_server_on_its_way_is_not_ready(status: str) -> None:
    file = parse_postmaster_pid(WHOLE.replace("ready   ", status))
    assert file is not None
    assert not file.ready


@pytest.mark.parametrize("length", range(len(WHOLE) - len("ready   \n")))
def test_a_file_that_is_being_written_says_nothing_yet(length: int) -> None:
    assert parse_postmaster_pid(WHOLE[:length]) is None


def test_nonsense_says_nothing() -> None:
    assert parse_postmaster_pid(WHOLE.replace("14102", "-14102")) is None
    assert parse_postmaster_pid(WHOLE.replace("5432", "")) is None
