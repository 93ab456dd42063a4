"""Projects to type `prisma` in: one that has the embedded database, one that has an exported DATABASE_URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.storage.cli.project import Project

_numbers = count(1)


@pytest.fixture
def new_database(postgres: str) -> Callable[[], str]:
    """The URL of a database that does not exist yet."""
    return lambda: urlsplit(postgres)._replace(path=f"/cli_{next(_numbers)}").geturl()


@pytest.fixture
def embedded(folder: Path) -> Project:
    return Project(folder)


@pytest.fixture
def exported(folder: Path, new_database: Callable[[], str]) -> Iterator[Project]:
    project = Project(folder)
    project.environment["DATABASE_URL"] = new_database()
    yield project
    assert not (folder / ".parley").exists(), "the embedded database was started though DATABASE_URL is set"


@pytest.fixture(params=["embedded", "exported"])
def project(request: pytest.FixtureRequest) -> Project:
    project = request.getfixturevalue(request.param)
    assert isinstance(project, Project)
    return project
