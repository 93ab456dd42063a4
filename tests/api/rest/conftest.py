from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import cast

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, HTTPException

from app.api.identity import local_identity
from app.api.rest.router import rest_router
from app.chat.service import Chat
from app.generation.catalog import Catalog
from app.generation.deadlines import Deadlines
from app.generation.demo import DemoBackend
from app.generation.openai_compatible import OpenAICompatibleBackend
from app.generation.retrying import RetryPolicy
from tests.api.rest.serving import serving
from tests.conftest import with_database
from tests.serving import Served
from tests.serving import serving as serving_parley
from tests.upstream.process import Upstream, run_upstream


@pytest.fixture(scope="session")
async def upstream() -> AsyncGenerator[Upstream, None]:
    async with run_upstream() as upstream:
        yield upstream


@asynccontextmanager
async def serving_models_of(upstream: Upstream, deadlines: Deadlines) -> AsyncGenerator[str, None]:
    """The REST endpoints on the upstream's models and the demo's, beside a route of somebody else's."""
    backend = OpenAICompatibleBackend(base_url=upstream.base_url, deadlines=deadlines, retries=RetryPolicy(attempts=1))
    catalog = Catalog([backend, DemoBackend()])
    # These endpoints store nothing, and have nothing here that they could store it in.
    chat = cast("Chat", SimpleNamespace(models=catalog, turns=SimpleNamespace(accepting=True)))
    app = FastAPI()
    app.include_router(rest_router(chat, identify=local_identity))

    @app.get("/elsewhere")
    async def elsewhere() -> None:
        raise HTTPException(418, "not of OpenAI's")

    async with serving(app) as url:
        yield url
    await catalog.close()


@pytest.fixture(scope="session")
async def server(upstream: Upstream) -> AsyncGenerator[str, None]:
    """Waits for silent upstreams for longer than any test does."""
    async with serving_models_of(upstream, Deadlines()) as url:
        yield url


@pytest.fixture(scope="session")
async def lasting() -> AsyncGenerator[Upstream, None]:
    """An upstream of its own for what is stored, which goes on when the test is over."""
    async with run_upstream() as upstream:
        yield upstream


@pytest.fixture(scope="session")
async def parley(postgres: str, template: str, lasting: Upstream) -> AsyncGenerator[Served, None]:
    """The whole service on the upstream's models, with a database for all tests that store."""
    connection = await asyncpg.connect(postgres)
    await connection.execute(f'CREATE DATABASE rest TEMPLATE "{template}"')
    await connection.close()
    async with serving_parley(with_database(postgres, "rest"), openai_base_url=lasting.base_url) as served:
        yield served


@pytest.fixture
async def storing(parley: Served) -> AsyncGenerator[httpx.AsyncClient, None]:
    """A caller of the whole service."""
    async with httpx.AsyncClient(base_url=parley.url, timeout=30) as client:
        yield client


@pytest.fixture
async def impatient_client(upstream: Upstream) -> AsyncGenerator[httpx.AsyncClient, None]:
    """Of a server that waits for a silent upstream only as long as a test can."""
    deadlines = Deadlines(first_token_seconds=0.3, between_tokens_seconds=0.3)
    async with serving_models_of(upstream, deadlines) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


@pytest.fixture
async def client(server: str) -> AsyncGenerator[httpx.AsyncClient, None]:
    async with httpx.AsyncClient(base_url=server, timeout=30) as client:
        yield client
