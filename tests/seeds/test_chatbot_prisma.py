"""The commands with which the document about a chatbot sets up Prisma, in a copy of what they work on."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.seeds.program import run
from tests.seeds.snippet import Snippet
from tests.storage.cli.project import Project


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not within pytest's own, which every other pytest that starts closes to whom PostgreSQL runs as under root."""
    with TemporaryDirectory(prefix="parley-test-", ignore_cleanup_errors=True) as name:
        yield Path(name).resolve()


@pytest.fixture
def generated(folder: Path) -> Path:
    """The `prisma` package once more, to come before the one that all other tests use: `generate` writes into it."""
    found = importlib.util.find_spec("prisma")
    assert found
    assert found.submodule_search_locations
    return Path(shutil.copytree(found.submodule_search_locations[0], folder / "packages" / "prisma"))


async def test_each_command_succeeds_in_its_turn(folder: Path, generated: Path) -> None:
    project = Project(folder / "project")
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(generated.parent),
        "HOME": str(folder),
        "NO_COLOR": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    (generated / "client.py").unlink()
    outputs = []
    for command in Snippet.of("chatbot_commands").text.splitlines():
        ended = await run("/bin/sh", "-c", command, folder=project.directory, environment=environment)
        assert ended.status == 0, (command, ended)
        outputs.append(ended.output)
    install, generate, migrate = outputs
    assert "already satisfied: prisma" in install
    assert "Generated Prisma Client Python" in generate
    assert "class Prisma" in (generated / "client.py").read_text()
    for name in project.migrations:
        assert name in migrate
    assert "in sync" in migrate
