"""Folders for databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not within pytest's own, which every other pytest that starts closes to whom PostgreSQL runs as under root."""
    with TemporaryDirectory(prefix="parley-test-", ignore_cleanup_errors=True) as name:
        yield Path(name).resolve()
