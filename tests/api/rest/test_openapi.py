from __future__ import annotations

import json

import httpx


async def test_every_endpoint_and_field_is_documented_without_dangling_references(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert {"/v1/chat/completions", "/v1/models", "/v1/models/{model}"} <= document["paths"].keys()
    assert "$defs" not in json.dumps(document)
    body = document["paths"]["/v1/chat/completions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert {"messages", "model", "stream", "n", "stop", "seed", "max_tokens", "temperature"} <= body[
        "properties"
    ].keys()
    assert body["properties"]["messages"]["items"]["properties"].keys() == {"role", "content"}
