"""GraphQL over HTTP without a client library: with whatever JSON can say, also what no library would send."""

from __future__ import annotations

import json
from typing import Any

import httpx

JSON = {"content-type": "application/json"}


async def execute(client: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    """The answer, errors included."""
    # ASCII with escapes, as `json` writes it, so that a lone surrogate can be sent at all.
    body = json.dumps({"query": query, "variables": variables})
    response = await client.post("/graphql", content=body, headers=JSON)
    answer: dict[str, Any] = json.loads(response.content)
    return answer


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]
