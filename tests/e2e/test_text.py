"""Text is given back as it was stored, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.any_text import TEXTS
from tests.e2e.raw_json import execute

STRINGS = 1_000
STRINGS_PER_REQUEST = 25
LARGE_BYTES = 1024 * 1024

FIELDS = "id title systemPrompt metadata messages(first: 1) { nodes { content metadata } }"
POST = "mutation ($input: PostMessageInput!) { postMessage(input: $input) { message { id content } } }"


async def mutate(client: httpx.AsyncClient, field: str, inputs: Sequence[dict[str, Any]], fields: str) -> list[Any]:
    """The results of one request that calls that field for each of the inputs."""
    type_ = f"{field[0].upper()}{field[1:]}Input!"
    declared = ", ".join(f"$i{n}: {type_}" for n in range(len(inputs)))
    calls = " ".join(f"r{n}: {field}(input: $i{n}) {{ {fields} }}" for n in range(len(inputs)))
    variables = {f"i{n}": each for n, each in enumerate(inputs)}
    answer = await execute(client, f"mutation ({declared}) {{ {calls} }}", **variables)
    return [answer["data"][f"r{n}"] for n in range(len(inputs))]


async def stored(client: httpx.AsyncClient, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Conversations that have each text wherever one can be put, stored by some requests and read by another."""
    made = await mutate(client, "createConversation", [about(text) for text in texts], "id")
    ids = [conversation["id"] for conversation in made]
    posts = [saying(text, id) for text, id in zip(texts, ids, strict=True)]
    posted = await mutate(client, "postMessage", posts, "message { content }")
    assert [each["message"]["content"] for each in posted] == list(texts)
    read = " ".join(f'c{n}: conversation(id: "{id}") {{ {FIELDS} }}' for n, id in enumerate(ids))
    found = await execute(client, f"{{ {read} }}")
    return [found["data"][f"c{n}"] for n in range(len(ids))]


def about(text: str) -> dict[str, Any]:
    return {"title": text[:500], "systemPrompt": text, "metadata": {text[:100]: [text[:1000]]}}


def saying(text: str, conversation: str) -> dict[str, Any]:
    return {"conversationId": conversation, "content": text, "metadata": {"text": text[:1000]}, "reply": False}


def as_expected(text: str, id: str) -> dict[str, Any]:
    message = {"content": text, "metadata": {"text": text[:1000]}}
    return {"id": id, **about(text), "messages": {"nodes": [message]}}


@settings(
    max_examples=STRINGS // STRINGS_PER_REQUEST,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(texts=st.lists(TEXTS, min_size=STRINGS_PER_REQUEST, max_size=STRINGS_PER_REQUEST))
async def test_any_text_comes_back_as_it_was_stored(client: httpx.AsyncClient, texts: list[str]) -> None:
    for text, conversation in zip(texts, await stored(client, texts), strict=True):
        assert conversation == as_expected(text, conversation["id"])


@pytest.mark.parametrize("piece", ["x", "\u2028", "🦜", "a\u0300", "שלום\u0085", '"\\\n'])
async def test_a_megabyte_comes_back_as_it_was_stored(client: httpx.AsyncClient, piece: str) -> None:
    text = piece * (LARGE_BYTES // len(piece.encode()))
    posted = await execute(client, POST, input={"content": text, "reply": False})
    id = posted["data"]["postMessage"]["message"]["id"]
    found = await execute(client, "query ($id: ID!) { message(id: $id) { content } }", id=id)
    assert found["data"]["message"]["content"] == text
