"""A real PostgreSQL, and a client for `every_type.prisma`, whose tables hold what the app's own do not."""

from __future__ import annotations

import asyncio
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from app.storage import query_builder
from app.storage.node import find_node
from app.storage.own_engine import OwnEngine
from tests.storage.engine.server import Server

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ENGINE = ROOT / "app" / "storage" / "engine"

DATABASE = "every_type"
TABLES = '"Scalars", "Lists", "Defaults", "User", "Profile", "Post", "Category", pairs'


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture(scope="session")
def every_type(tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> Iterator[Any]:
    """The package that Prisma generated for `every_type.prisma`; its tables are in the database of that name."""
    folder = tmp_path_factory.mktemp("generated")
    shutil.copy(HERE / "every_type.prisma", folder)
    shutil.copy(ROOT / "pyproject.toml", folder)  # which version of Prisma the generator has to expect
    prisma("generate", folder, postgres)
    asyncio.run(postgres.execute(f"CREATE DATABASE {DATABASE}"))
    prisma("db push --skip-generate", folder, postgres)
    asyncio.run(postgres.execute("DROP TABLE nowhere", DATABASE))
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("every_type")
    finally:
        sys.path.remove(str(folder))


def prisma(command: str, folder: Path, server: Server) -> None:
    """Runs Prisma's CLI on the schema in a folder, apart from the project's own configuration."""
    done = subprocess.run(
        [find_node(), ENGINE / "node_modules/prisma/build/index.js", *command.split(), "--schema", "every_type.prisma"],
        cwd=folder,
        env={
            "PRISMA_SCHEMA_ENGINE_BINARY": str(ENGINE / "schema-engine.mjs"),
            "PRISMA_QUERY_ENGINE_BINARY": str(ENGINE / "query-engine.mjs"),
            "PRISMA_CLI_QUERY_ENGINE_TYPE": "binary",
            "PRISMA_CLIENT_ENGINE_TYPE": "binary",
            "CHECKPOINT_DISABLE": "1",
            "DATABASE_URL": server.url(DATABASE),
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def every_type_database(every_type: Any) -> type[Any]:
    """The class of clients for those tables: `every_type_database(url)`."""
    query_builder.mend(importlib.import_module("every_type._builder"))

    class EveryType(OwnEngine, every_type.Prisma):  # type: ignore[misc]  # made at run time: no types to be had
        @staticmethod
        def _raise_request_errors(response: Any, errors: list[Any]) -> NoReturn:
            importlib.import_module("every_type.engine.utils").handle_response_errors(response, errors)
            raise AssertionError("it always raises")

    return EveryType


@pytest.fixture(scope="session")
async def shared_db(every_type_database: type[Any], postgres: Server) -> AsyncIterator[Any]:
    async with every_type_database(postgres.url(DATABASE)) as client:
        yield client


@pytest.fixture
async def db(shared_db: Any) -> Any:
    """A connected client and empty tables."""
    await shared_db.execute_raw(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE")
    return shared_db
