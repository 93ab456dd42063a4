from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

import httpx
import pytest
from fastapi import FastAPI

from app.api.rest.health import Check, health_router
from tests.api.rest.serving import serving


class Part:
    """A part of the service whose health a test decides."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.takes_seconds = 0.0

    async def check(self) -> None:
        await asyncio.sleep(self.takes_seconds)
        if self.trouble:
            raise self.trouble


@pytest.fixture
def database() -> Part:
    return Part()


@pytest.fixture
def engine() -> Part:
    return Part()


@pytest.fixture
async def client(database: Part, engine: Part) -> AsyncGenerator[httpx.AsyncClient, None]:
    checks: dict[str, Check] = {"database": database.check, "engine": engine.check}
    app = FastAPI()
    app.include_router(health_router(checks))
    async with serving(app) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


async def test_the_process_lives_whatever_else_does(client: httpx.AsyncClient, database: Part) -> None:
    database.trouble = RuntimeError("gone")
    response = await client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_is_ready_when_every_check_is_well(client: httpx.AsyncClient) -> None:
    response = await client.get("/readyz")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {"status": "ok", "checks": {"database": {"status": "ok"}, "engine": {"status": "ok"}}}


async def test_says_which_check_fails_and_nothing_of_what_it_raised(
    client: httpx.AsyncClient, database: Part, caplog: pytest.LogCaptureFixture
) -> None:
    database.trouble = RuntimeError("postgresql://parley:secret@db refused")
    response = await client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": {"status": "failed"}, "engine": {"status": "ok"}}
    assert "secret" not in response.text
    assert "readiness changed" in caplog.text


async def test_is_ready_again_when_the_trouble_is_over(client: httpx.AsyncClient, database: Part) -> None:
    database.trouble = RuntimeError("gone")
    assert (await client.get("/readyz")).status_code == 503
    database.trouble = None
    assert (await client.get("/readyz")).status_code == 200


async def test_logs_each_change_once(
    client: httpx.AsyncClient, database: Part, caplog: pytest.LogCaptureFixture
) -> None:
    for trouble in (None, RuntimeError("gone"), RuntimeError("gone"), None, None):
        database.trouble = trouble
        await client.get("/readyz")
    assert [record.message for record in caplog.records if record.name == "parley.health"] == ["readiness changed"] * 2


async def test_checks_that_hang_are_given_up_together(client: httpx.AsyncClient, database: Part, engine: Part) -> None:
    database.takes_seconds = engine.takes_seconds = 60
    began = time.monotonic()
    response = await client.get("/readyz")
    assert time.monotonic() - began < 1.9
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": {"status": "timeout"}, "engine": {"status": "timeout"}}
