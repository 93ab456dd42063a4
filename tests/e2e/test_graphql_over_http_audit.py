"""The official audit of GraphQL over HTTP passes in every point."""

from __future__ import annotations

import asyncio
import json

from tests.e2e.node_program import run_node
from tests.e2e.process import ServerProcess

DEADLINE_SECONDS = 90
CHECKS = 61


async def test_every_check_of_the_official_audit_passes(standing: ServerProcess) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        results = json.loads(await run_node("audit.mjs", standing.graphql_url))
    assert [each for each in results if each["status"] != "ok"] == []
    assert len(results) == CHECKS
