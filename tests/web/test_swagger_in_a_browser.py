"""Swagger UI in a real Chromium that reaches nothing but the real server: it is read, and the API tried from it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

import httpx
import pytest

from tests.e2e.process import ServerProcess, running
from tests.web.browser import Seen, needs_chromium, visit

pytestmark = needs_chromium


@pytest.fixture(scope="module")
async def parley(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ServerProcess]:
    async with running(tmp_path_factory.mktemp("parley")) as server:
        yield server


@pytest.fixture(scope="module")
async def seen(parley: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the browser saw on its visit."""
    return await visit("swagger.mjs", f"{parley.url}/docs", tmp_path_factory)


async def test_every_endpoint_of_the_document_is_shown(seen: Seen, parley: ServerProcess) -> None:
    async with httpx.AsyncClient(base_url=parley.url) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    documented = [[method.upper(), path] for path, operations in paths.items() for method in operations]
    assert sorted(seen["operations"]) == sorted(documented)
    assert ["POST", "/v1/chat/completions"] in seen["operations"]


async def test_a_request_is_tried_in_one_click_and_answered(seen: Seen) -> None:
    assert seen["models"]["status"] == "200"
    assert "demo" in [each["id"] for each in json.loads(seen["models"]["body"])["data"]]


async def test_the_example_stands_ready_to_be_sent(seen: Seen) -> None:
    assert json.loads(seen["example"])["messages"]


async def test_a_completion_is_tried_out_whole_and_streamed(seen: Seen) -> None:
    assert seen["completion"]["status"] == "200"
    answer = json.loads(seen["completion"]["body"])["choices"][0]["message"]["content"]
    assert "demo" in answer
    assert seen["stream"]["status"] == "200"
    events = [line.removeprefix("data:").strip() for line in seen["stream"]["body"].splitlines() if line]
    chunks = [json.loads(event) for event in events[:-1]]
    assert "".join(chunk["choices"][0]["delta"]["content"] for chunk in chunks) == answer
    assert events[-1] == "[DONE]"


async def test_the_errors_of_an_endpoint_are_shown_beside_its_answer(seen: Seen) -> None:
    assert {"200", "400", "404", "413", "429", "502", "503", "504"} <= set(seen["statuses"])


async def test_nothing_comes_from_another_host(seen: Seen, parley: ServerProcess) -> None:
    assert [url for url in seen["requests"] if not url.startswith((f"{parley.url}/", "data:image/"))] == []


async def test_nothing_is_blocked_refused_or_complained_of(seen: Seen) -> None:
    assert seen["violations"] == []
    assert seen["failures"] == []
    assert seen["console"] == []
