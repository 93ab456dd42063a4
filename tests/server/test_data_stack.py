from __future__ import annotations

import resource
import sys

import pytest

from app.server.data_stack import with_room

DEPTHS = 200
"""Of calls, whose frames are more than one of CPython's chunks."""
CALLS = 500


def faults_of_calls_at(depth: int) -> int:
    """Pages that the system had to give while so deep a function was called over and over."""
    if depth:
        return faults_of_calls_at(depth - 1)
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    for _ in range(CALLS):
        called()
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before


def called() -> None:
    called_by_it()


def called_by_it() -> None:
    """Too small to be seen."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the faults of a thread")
def test_no_depth_of_calls_takes_memory_from_the_system_each_time() -> None:
    faults = with_room(lambda: [faults_of_calls_at(each) for each in range(DEPTHS)])
    assert max(faults) < CALLS


def test_what_is_called_gives_its_result() -> None:
    assert with_room(lambda: "a result") == "a result"
