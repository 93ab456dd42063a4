"""Bodies that would take the server's time or memory, were they read as any other."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from app.api.large_json import INLINE_BYTES, MAX_JSON_VALUES
from app.api.rest.chat_message import MAX_CONTENT_PARTS, MAX_MESSAGES
from app.api.rest.chat_request import ChatCompletionRequest
from app.api.rest.egp.chat_request import EgpChatRequest
from app.api.rest.egp.errors import MAX_PROBLEMS
from app.api.rest.request_body import read_request
from app.chat.parameters import MAX_STOP_SEQUENCES
from tests.api.rest.asking import PATH

EGP = "/egp/v1/chat-completions"
MANY = 200_000
MESSAGE = {"role": "user", "content": "x"}


def in_content(parts: list[Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": parts}]}


def in_messages(messages: list[Any]) -> dict[str, Any]:
    return {"messages": messages}


def in_stop(sequences: list[Any]) -> dict[str, Any]:
    return {"messages": [MESSAGE], "stop": sequences, "model_parameters": {"stop_sequences": sequences}}


@pytest.mark.parametrize("model", [ChatCompletionRequest, EgpChatRequest])
@pytest.mark.parametrize(
    ("place", "most"),
    [(in_messages, MAX_MESSAGES), (in_content, MAX_CONTENT_PARTS), (in_stop, MAX_STOP_SEQUENCES)],
)
@pytest.mark.parametrize("overlong", [False, True])
@pytest.mark.parametrize("wrong", [1, {}, {"type": "image_url"}])
def test_of_many_things_that_are_wrong_only_the_first_is_kept(
    model: type[BaseModel], place: Any, wrong: Any, most: int, overlong: bool
) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate_json(json.dumps(place([wrong] * (MANY if overlong else most))))
    assert caught.value.error_count() <= 3  # of a union one for each kind, and two of the first part


@pytest.mark.parametrize("wrong", [1, {}, {"role": "user", "content": [1] * 100}])
async def test_many_wrong_messages_are_refused_by_the_first(client: httpx.AsyncClient, wrong: Any) -> None:
    body = {"model": "upstream", "messages": [wrong] * 200}
    openai = await client.post(PATH, json=body)
    assert openai.status_code == 400
    assert openai.json()["error"]["param"].startswith("messages[0]")
    egp = await client.post(EGP, json=body)
    assert egp.status_code == 422
    assert 1 <= len(egp.json()["detail"]) <= MAX_PROBLEMS
    assert all(problem["loc"][:3] == ["body", "messages", 0] for problem in egp.json()["detail"])


@pytest.mark.parametrize(
    ("body", "field", "limit"),
    [
        (in_messages([MESSAGE] * (MAX_MESSAGES + 1)), "messages", MAX_MESSAGES),
        (
            in_content([{"type": "text", "text": "x"}] * (MAX_CONTENT_PARTS + 1)),
            "messages[0].content",
            MAX_CONTENT_PARTS,
        ),
    ],
)
async def test_a_list_that_is_too_long_is_refused_with_its_limit(
    client: httpx.AsyncClient, body: dict[str, Any], field: str, limit: int
) -> None:
    error = (await client.post(PATH, json=body)).json()["error"]
    assert error["param"] == field
    assert f"at most {limit} items" in error["message"]
    assert f"at most {limit} items" in (await client.post(EGP, json=body)).text


@pytest.mark.parametrize("path", [PATH, EGP])
async def test_as_many_messages_as_there_may_be_are_taken(client: httpx.AsyncClient, path: str) -> None:
    body = {"model": "demo-fast", "messages": [MESSAGE] * MAX_MESSAGES}
    assert (await client.post(path, json=body)).status_code == 200


@pytest.mark.parametrize("path", [PATH, EGP])
async def test_more_values_than_memory_is_kept_for_are_refused_wherever_they_are(
    client: httpx.AsyncClient, path: str
) -> None:
    body = {"messages": [MESSAGE], "metadata": [[]] * MAX_JSON_VALUES}
    response = await client.post(path, json=body)
    assert response.status_code == 400
    assert f"{MAX_JSON_VALUES:,} JSON values" in response.text


async def test_others_are_served_while_a_long_body_is_parsed() -> None:
    served = threading.Event()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b" " * (INLINE_BYTES + 1), "more_body": False}

    async def serve() -> None:
        served.set()

    other = asyncio.create_task(serve())
    assert await read_request(Request({"type": "http"}, receive), lambda _: served.wait(30))
    await other
