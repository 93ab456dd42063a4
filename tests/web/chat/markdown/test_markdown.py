"""What becomes of a model's Markdown, tested in TypeScript: the files beside this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.node_tests import run_node_tests

TESTS = sorted(Path(__file__).parent.glob("*.test.ts*"))


def test_there_are_tests() -> None:
    assert len(TESTS) >= 3


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_in_typescript(path: Path) -> None:
    run_node_tests(path)
