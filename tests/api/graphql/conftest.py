"""A real server on a free port, on a real database; each test is a caller of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response

from app.api.graphql import GraphQLRouter, graphql_router
from app.api.identity import Identity
from app.chat.completion import Model, ServedModel
from app.chat.identifiers import new_uuid
from app.chat.service import Chat, build_chat
from app.generation.catalog import Catalog
from app.generation.demo import DEMO_MODEL, DemoBackend
from app.generation.openai_compatible import OpenAICompatibleBackend
from app.log.delta_log import DeltaLog
from app.storage.records import PrismaRecords
from tests.api.graphql.client import OWNER_HEADER, Client
from tests.api.graphql.serving import serving
from tests.api.graphql.storage_calls import CountedDatabase, CountedLog, StorageCalls
from tests.conftest import with_database
from tests.upstream.process import run_upstream
from tests.upstream.script import MODELS


@pytest.fixture(scope="session")
async def url(postgres: str, template: str) -> str:
    """One database for all these tests: they differ by owner."""
    connection = await asyncpg.connect(postgres)
    await connection.execute(f'CREATE DATABASE graphql TEMPLATE "{template}"')
    await connection.close()
    return with_database(postgres, "graphql")


@pytest.fixture(scope="session")
async def log(url: str, calls: StorageCalls) -> AsyncGenerator[DeltaLog]:
    log = CountedLog(url)
    log.calls = calls
    await log.start()
    yield log
    await log.close()


@pytest.fixture(scope="session")
async def database(url: str) -> AsyncGenerator[CountedDatabase]:
    database = CountedDatabase(url)
    await database.connect()
    yield database
    await database.disconnect()


@pytest.fixture(scope="session")
def calls(database: CountedDatabase) -> StorageCalls:
    """All that the storage is asked."""
    return database.calls


@pytest.fixture(scope="session")
def records(database: CountedDatabase) -> PrismaRecords:
    return PrismaRecords(database)


@pytest.fixture(scope="session")
async def chat(records: PrismaRecords, log: DeltaLog) -> AsyncGenerator[Chat]:
    """Its models: `demo-fast` answers at once, `demo` within a second, `slow` not before a test has ended, and
    `upstream` says what the script that it is posted tells it to.
    """
    slow = ServedModel(Model("slow", "demo"), DemoBackend(words_per_second=10), DEMO_MODEL)
    async with run_upstream() as process:
        backend = OpenAICompatibleBackend(base_url=process.base_url)
        upstream = ServedModel(Model("upstream", "upstream"), backend, MODELS[0])
        catalog = Catalog([DemoBackend(words_per_second=200)], declared={"slow": slow, "upstream": upstream})
        chat, runner = build_chat(records, log, catalog)
        yield chat
        await runner.drain(0)
        await catalog.close()
        await backend.close()


@pytest.fixture(scope="session")
def router(chat: Chat) -> GraphQLRouter:
    return graphql_router(chat, identify=identify, playground=page)


@pytest.fixture(scope="session")
async def port(router: GraphQLRouter) -> AsyncGenerator[int]:
    async with serving(router.added_to(FastAPI())) as port:
        yield port


@pytest.fixture
async def client(port: int) -> AsyncGenerator[Client]:
    """A caller whose conversations are nobody else's."""
    owner = f"test-{new_uuid()}"
    url = f"http://127.0.0.1:{port}"
    # Nothing is encrypted, and to load certificates takes longer than most of these tests.
    async with httpx.AsyncClient(base_url=url, headers={OWNER_HEADER: owner}, verify=False) as http:
        yield Client(http, port, owner)


async def identify(connection: HTTPConnection, _payload: object = None, /) -> Identity:
    return Identity(connection.headers.get(OWNER_HEADER, "local"))


def page() -> Response:
    return PlainTextResponse("the playground")
