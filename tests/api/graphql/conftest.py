"""A real server on a free port, on a real database; each test is a caller of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response

from app.api.graphql import GraphQLRouter, graphql_router
from app.api.identity import Identity
from app.chat.identifiers import new_uuid
from app.chat.service import Chat, build_chat
from app.generation.catalog import Catalog
from app.generation.demo import DemoBackend
from app.log.delta_log import DeltaLog
from app.storage.client import Database
from app.storage.embedded import EmbeddedPostgres
from tests.api.graphql.counted_records import CountedRecords
from tests.api.graphql.client import OWNER_HEADER, Client
from tests.api.graphql.serving import serving

MIGRATIONS = Path(__file__).parents[3] / "migrations"
WORDS_PER_SECOND = 20.0


@pytest.fixture(scope="session")
async def url(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[str]:
    async with EmbeddedPostgres(tmp_path_factory.mktemp("parley")) as url:
        connection = await asyncpg.connect(url)
        for migration in sorted(MIGRATIONS.glob("*/migration.sql")):
            await connection.execute(migration.read_text())
        await connection.close()
        yield url


@pytest.fixture(scope="session")
async def log(url: str) -> AsyncGenerator[DeltaLog]:
    log = DeltaLog(url)
    await log.start()
    yield log
    await log.close()


@pytest.fixture(scope="session")
async def records(url: str) -> AsyncGenerator[CountedRecords]:
    database = Database(url)
    await database.connect()
    yield CountedRecords(database)
    await database.disconnect()


@pytest.fixture(scope="session")
async def chat(records: CountedRecords, log: DeltaLog) -> AsyncGenerator[Chat]:
    catalog = Catalog([DemoBackend(words_per_second=WORDS_PER_SECOND)])
    chat, runner = build_chat(records, log, catalog)
    yield chat
    await runner.drain(0)
    await catalog.close()


@pytest.fixture(scope="session")
def router(chat: Chat) -> GraphQLRouter:
    return graphql_router(chat, identify=identify, playground=page)


@pytest.fixture(scope="session")
async def port(router: GraphQLRouter) -> AsyncGenerator[int]:
    app = FastAPI()
    app.include_router(router)
    async with serving(app) as port:
        yield port


@pytest.fixture
async def client(port: int) -> AsyncGenerator[Client]:
    """A caller whose conversations are nobody else's."""
    owner = f"test-{new_uuid()}"
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={OWNER_HEADER: owner}) as http:
        yield Client(http, port, owner)


def identify(connection: HTTPConnection) -> Identity:
    return Identity(connection.headers.get(OWNER_HEADER, "local"))


def page() -> Response:
    return PlainTextResponse("the playground")
