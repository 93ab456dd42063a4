"""Tests in their page's own language, run by Node's own test runner."""

from __future__ import annotations

import subprocess
from pathlib import Path

from app.storage.node import find_node

TYPESCRIPT = Path(__file__).parents[1] / "node" / "typescript.mjs"
DEADLINE_SECONDS = 60


def run_node_tests(path: Path) -> None:
    """Raises:
    AssertionError: one of them fails; with what the runner says of it.
    """
    done = subprocess.run(
        [find_node(), "--import", TYPESCRIPT, "--test", path],
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
