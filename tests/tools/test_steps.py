"""A step is done when what it is made from has changed, not otherwise, and again when it was cut off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.commands import InstallError, Interrupted
from tools.steps import Step, bring_about

DEADLINE_SECONDS = 10


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "source").write_text("1")
    (tmp_path / "stamps").mkdir()
    return tmp_path


def step(action: Callable[[], object], name: str = "a step", version: str = "") -> Step:
    return Step(name, ("source",), lambda: (action(), None)[1], lambda: version)


def do(root: Path, *lanes: list[Step], stop: Callable[[], None] = lambda: None) -> None:
    bring_about(lanes, root, root / "stamps", stop=stop)


def test_a_step_is_done_once(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done: list[int] = []
    for _ in range(3):
        do(root, [step(lambda: done.append(1))])
    assert done == [1]
    assert capsys.readouterr().out == "· a step\n"


def test_a_step_is_done_again_when_what_it_is_made_from_has_changed(root: Path) -> None:
    done: list[int] = []
    do(root, [step(lambda: done.append(1))])
    (root / "source").write_text("2")
    do(root, [step(lambda: done.append(2))])
    do(root, [step(lambda: done.append(3), version="another Node.js")])
    assert done == [1, 2, 3]


def test_a_step_that_failed_is_done_again(root: Path) -> None:
    done: list[int] = []

    def fail() -> None:
        raise InstallError("no network")

    do(root, [step(lambda: done.append(1))])
    (root / "source").write_text("2")
    with pytest.raises(InstallError, match="no network"):
        do(root, [step(fail)])
    (root / "source").write_text("1")
    do(root, [step(lambda: done.append(2))])
    assert done == [1, 2]


def test_a_missing_file_is_told(root: Path) -> None:
    (root / "source").unlink()
    with pytest.raises(InstallError, match="source is missing from this clone"):
        do(root, [step(lambda: None)])


def test_lanes_run_side_by_side(root: Path) -> None:
    together = threading.Barrier(2, timeout=DEADLINE_SECONDS)
    do(root, [step(together.wait, "one")], [step(together.wait, "two")])


def test_a_failure_stops_the_other_lane_and_is_what_is_told(root: Path) -> None:
    stopped = threading.Event()
    reached = threading.Event()

    def fail() -> None:
        raise InstallError("no network")

    def be_cut_off() -> None:
        assert stopped.wait(DEADLINE_SECONDS)
        raise Interrupted

    with pytest.raises(InstallError, match="no network"):
        do(root, [step(be_cut_off, "one"), step(reached.set, "later")], [step(fail, "two")], stop=stopped.set)
    assert not reached.is_set()
    assert list((root / "stamps").iterdir()) == []
