"""graphql-codegen builds a typed client from the printed schema; it compiles under strict TypeScript, and it runs."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from tests.e2e.node_program import run_node
from tests.e2e.printed_schema import printed_schema
from tests.e2e.process import ServerProcess

DEADLINE_SECONDS = 90


@pytest.fixture(scope="module")
async def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("typed")
    async with asyncio.timeout(DEADLINE_SECONDS):
        await run_node("typed/generate.mjs", await printed_schema(folder), folder)
    return folder


async def test_a_client_that_is_typed_by_the_schema_runs(generated: Path, standing: ServerProcess) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        output = await run_node(generated / "front_end.js", standing.graphql_url, "Tell me a story")
    followed, asked = map(json.loads, output.splitlines())
    assert followed["end"]["status"] == "COMPLETE"
    assert followed["text"] == followed["end"]["content"]
    assert {each["id"] for each in asked["models"]} == {"demo", "demo-fast"}
    assert asked["roles"] == ["USER", "ASSISTANT"]


def test_its_types_are_those_of_the_schema(generated: Path) -> None:
    types = (generated / "generated.ts").read_text()
    assert "| 'STREAMING'" in types
    assert "content: string" in types
    assert not re.search(r"\bany\b(?=[;,>\])])", types), "a scalar has no type"
