"""What the chat page does without a browser, tested in TypeScript: `node/*.test.ts`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.node_tests import run_node_tests

TESTS = sorted((Path(__file__).parent / "node").glob("*.test.ts"))


def test_there_are_tests() -> None:
    assert len(TESTS) >= 10


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_in_typescript(path: Path) -> None:
    run_node_tests(path)
