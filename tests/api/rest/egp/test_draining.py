"""What EGP's clients get when the server stops."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import cast

import httpx
import pytest
from fastapi import FastAPI

from app.api.identity import local_identity
from app.api.rest.router import RestRouter, rest_router
from app.chat.service import Chat
from app.generation.catalog import Catalog
from app.generation.egp import EgpBackend
from tests.api.rest.egp.asking import PATH, asking, chunks_of, text_of
from tests.api.rest.serving import serving
from tests.upstream.process import Upstream
from tests.upstream.script import Script

STALLED = Script(stall_after=2)


@pytest.fixture
async def backend(upstream: Upstream) -> AsyncGenerator[EgpBackend]:
    backend = EgpBackend(base_url=upstream.egp_base_url)
    yield backend
    await backend.close()


@pytest.fixture
def router(backend: EgpBackend) -> RestRouter:
    turns = SimpleNamespace(accepting=True)
    return rest_router(cast("Chat", SimpleNamespace(models=Catalog([backend]), turns=turns)), identify=local_identity)


@pytest.fixture
async def client(router: RestRouter) -> AsyncGenerator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(router)
    async with serving(app) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


async def test_a_stream_ends_with_what_was_said_and_why(
    router: RestRouter, client: httpx.AsyncClient, upstream: Upstream
) -> None:
    async with client.stream("POST", PATH, json=asking(STALLED, stream=True)) as response:
        lines = response.aiter_lines()
        said = ""
        while said != STALLED.whole_text(2):
            said += text_of(chunks_of(await anext(lines)))
        await router.in_flight.drain(0)
        rest = [line async for line in lines if line]
    assert rest[-2] == "event: error"
    assert json.loads(rest[-1].removeprefix("data: "))["code"] == "SHUTTING_DOWN"
    await upstream.reaches(lambda state: state["answering"] == 0)


async def test_a_whole_answer_that_is_not_ready_is_unavailable(
    router: RestRouter, client: httpx.AsyncClient, upstream: Upstream
) -> None:
    posting = asyncio.create_task(client.post(PATH, json=asking(STALLED)))
    await upstream.reaches(lambda state: state["answering"] == 1)
    await router.in_flight.drain(0)
    response = await posting
    assert (response.status_code, response.json()["code"]) == (503, "SHUTTING_DOWN")
    await upstream.reaches(lambda state: state["answering"] == 0)
