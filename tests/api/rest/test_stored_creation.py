"""`POST /v1/chat/completions` with `store: true`, answered with JSON."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.rest.asking import PATH, asking, was_asked
from tests.serving import Served
from tests.upstream.process import Upstream
from tests.upstream.script import Script

CONVERSATION = "query ($id: ID!) { conversation(id: $id) { messages(first: 50) { nodes { id role content status } } } }"


async def messages_of(client: httpx.AsyncClient, conversation: str) -> list[tuple[str, str]]:
    body = {"query": CONVERSATION, "variables": {"id": conversation}}
    nodes = (await client.post("/graphql", json=body)).json()["data"]["conversation"]["messages"]["nodes"]
    return [(each["role"], each["content"]) for each in nodes]


def message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


async def create(client: httpx.AsyncClient, said: Script | str, **fields: Any) -> httpx.Response:
    response = await client.post(PATH, json=asking(said, store=True, **fields))
    assert response.status_code == 200, response.text
    return response


async def test_answers_in_openais_exact_shape(storing: httpx.AsyncClient) -> None:
    script = Script(seed=1)
    response = await create(storing, script, metadata={"a": "b"}, temperature=0.5)
    completion = response.json()
    assert completion.pop("id").startswith("chatcmpl-")
    assert completion.pop("created") > 1_600_000_000
    assert completion == {
        "object": "chat.completion",
        "model": "upstream",
        "system_fingerprint": None,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": script.whole_text(), "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 20, "total_tokens": 27},
        "metadata": {"a": "b"},
        "temperature": 0.5,
        "top_p": None,
        "presence_penalty": None,
        "frequency_penalty": None,
        "seed": None,
    }


async def test_is_a_conversation_with_all_its_messages(storing: httpx.AsyncClient) -> None:
    sent = [message("system", "Be brief."), message("user", "Hi"), message("assistant", "Hello"), message("user", "?")]
    response = await storing.post(PATH, json={"model": "upstream", "messages": sent, "store": True})
    conversation = response.headers["x-conversation-id"]
    assert await messages_of(storing, conversation) == [
        *((each["role"].upper(), each["content"]) for each in sent),
        ("ASSISTANT", response.json()["choices"][0]["message"]["content"]),
    ]


async def test_the_model_reads_every_message_that_was_sent(storing: httpx.AsyncClient, lasting: Upstream) -> None:
    sent = [message("system", "Be brief."), message("user", "Hi"), message("assistant", "Hello"), message("user", "?")]
    await storing.post(PATH, json={"model": "upstream", "messages": sent, "store": True})
    read = (await lasting.state())["requests"][-1]["body"]["messages"]
    assert [(each["role"], each["content"]) for each in read] == [(each["role"], each["content"]) for each in sent]


async def test_is_added_to_the_conversation_that_its_metadata_names(storing: httpx.AsyncClient) -> None:
    first = await create(storing, "one")
    conversation = first.headers["x-conversation-id"]
    second = await create(storing, "two", metadata={"conversation_id": conversation, "kept": "yes"})
    assert second.headers["x-conversation-id"] == conversation
    assert second.json()["metadata"] == {"kept": "yes"}
    assert [text for _, text in await messages_of(storing, conversation)] == [
        "one",
        "You said: one",
        "two",
        "You said: two",
    ]


async def test_a_history_that_is_sent_again_is_not_stored_again(storing: httpx.AsyncClient) -> None:
    first = await create(storing, "one")
    conversation = first.headers["x-conversation-id"]
    history = [message("user", "one"), message("assistant", "You said: one"), message("user", "two")]
    body = {"model": "upstream", "messages": history, "store": True, "metadata": {"conversation_id": conversation}}
    await storing.post(PATH, json=body)
    assert [text for _, text in await messages_of(storing, conversation)] == [
        "one",
        "You said: one",
        "two",
        "You said: two",
    ]


async def test_each_of_several_answers_has_its_message(storing: httpx.AsyncClient) -> None:
    response = await create(storing, Script(seed=3), n=3)
    assert [each["index"] for each in response.json()["choices"]] == [0, 1, 2]
    assert response.json()["usage"] == {"prompt_tokens": 7, "completion_tokens": 60, "total_tokens": 67}
    ids = response.headers["x-message-id"].split(",")
    assert len(set(ids)) == 3
    assert all(id.startswith("msg_") for id in ids)


async def test_token_counts_say_where_they_are_estimated(storing: httpx.AsyncClient) -> None:
    created = await create(storing, Script(text="x" * 40, usage="none"))
    read = await storing.get(f"{PATH}/{created.json()['id']}")
    for response in (created, read):
        usage = response.json()["usage"]
        assert (usage["completion_tokens"], usage["estimated"]) == (10, True)


async def test_the_same_request_with_the_same_key_is_answered_once(
    storing: httpx.AsyncClient, lasting: Upstream
) -> None:
    key = {"idempotency-key": uuid4().hex}
    body = asking(f"once {uuid4()}", store=True)
    answers = [await storing.post(PATH, json=body, headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[0].headers["x-message-id"] == answers[1].headers["x-message-id"]
    asked = [each["body"]["messages"] for each in (await lasting.state())["requests"]]
    assert asked.count(body["messages"]) == 1


async def test_the_same_key_with_another_request_is_a_conflict(storing: httpx.AsyncClient) -> None:
    key = {"idempotency-key": uuid4().hex}
    await storing.post(PATH, json=asking("one", store=True), headers=key)
    response = await storing.post(PATH, json=asking("two", store=True), headers=key)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "IDEMPOTENCY_CONFLICT")


async def test_a_caller_who_goes_away_does_not_end_it(storing: httpx.AsyncClient, lasting: Upstream) -> None:
    label = uuid4().hex
    script = Script(seed=7, deltas=30, per_second=20)
    posting = asyncio.create_task(storing.post(PATH, json=asking(script, store=True, metadata={"label": label})))
    await lasting.reaches(was_asked(script))
    posting.cancel()
    (found,) = (await storing.get(PATH, params={"metadata[label]": label})).json()["data"]
    stream = await storing.get(f"{PATH}/{found['id']}/stream")
    assert stream.text.endswith("data: [DONE]\n\n")
    completion = (await storing.get(f"{PATH}/{found['id']}")).json()
    assert completion["choices"][0]["message"]["content"] == script.whole_text()


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        (Script(status=400, code="context_length_exceeded"), 400, "context_length_exceeded"),
        (Script(status=422), 400, "http_422"),
        (Script(status=404), 404, "model_not_found"),
        (Script(status=401, code="invalid_api_key"), 502, "invalid_api_key"),
        (Script(break_after=5), 502, "UPSTREAM_INCOMPLETE"),
        (Script(error_after=5, code="engine_overloaded"), 502, "engine_overloaded"),
    ],
)
async def test_a_failure_has_a_status_and_says_where_what_was_said_is_kept(
    storing: httpx.AsyncClient, script: Script, status: int, code: str
) -> None:
    response = await storing.post(PATH, json=asking(script, store=True))
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.headers["x-should-retry"] == "false"
    kept = await messages_of(storing, response.headers["x-conversation-id"])
    said = script.whole_text(script.break_after or script.error_after or 0)
    assert kept == [("USER", script.prompt()), ("ASSISTANT", said)]


REFUSED: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "metadata is no object": ({"metadata": ["a"]}, 400, "metadata", "invalid_value"),
    "a value is no string": ({"metadata": {"a": 5}}, 400, "metadata.a", "invalid_value"),
    "too long a value": ({"metadata": {"a": "x" * 513}}, 400, "metadata.a", "invalid_value"),
    "too long a key": ({"metadata": {"x" * 65: "a"}}, 400, "metadata", "invalid_value"),
    "too many pairs": ({"metadata": {str(each): "x" for each in range(17)}}, 400, "metadata", "invalid_value"),
    "NUL": ({"metadata": {"a": "\0"}}, 400, "metadata.a", "invalid_value"),
    "no conversation's id": (
        {"metadata": {"conversation_id": "5"}},
        400,
        "metadata.conversation_id",
        "invalid_value",
    ),
    "an unknown conversation": (
        {"metadata": {"conversation_id": "conv_01h455vb4pex5vsknk084sn02q"}},
        404,
        "metadata.conversation_id",
        "not_found",
    ),
    "an unknown model": ({"model": "gpt-unknown"}, 404, "model", "model_not_found"),
    "an empty message": (
        {"messages": [message("user", "Hi"), message("user", "")]},
        400,
        "messages[1].content",
        "invalid_value",
    ),
    "an empty message alone": ({"messages": [message("user", "")]}, 400, "messages[0].content", "invalid_value"),
    "temperature": ({"temperature": 3}, 400, "temperature", "invalid_value"),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("fields", "status", "param", "code"), REFUSED.values(), ids=REFUSED)
async def test_names_the_field_that_is_wrong(
    storing: httpx.AsyncClient, fields: dict[str, Any], status: int, param: str, code: str, stream: bool
) -> None:
    response = await storing.post(PATH, json={**asking(store=True, stream=stream), **fields})
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (status, param, code)


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_names_an_idempotency_key_that_is_none(storing: httpx.AsyncClient, key: str) -> None:
    response = await storing.post(PATH, json=asking(store=True), headers={"idempotency-key": key})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "Idempotency-Key")


async def test_openais_limits_of_metadata_are_limits_and_not_beyond(storing: httpx.AsyncClient) -> None:
    metadata = {f"{each:064}": "🦜" * 512 for each in range(16)}
    assert (await create(storing, "Hi", metadata=metadata)).json()["metadata"] == metadata


async def test_a_conversation_that_is_busy_says_so(storing: httpx.AsyncClient, parley: Served) -> None:
    async with storing.stream("POST", PATH, json=asking(Script(stall_after=1), store=True, stream=True)) as response:
        metadata = {"conversation_id": response.headers["x-conversation-id"]}
        async with httpx.AsyncClient(base_url=parley.url) as other:
            refused = await other.post(PATH, json=asking("Hi", store=True, metadata=metadata))
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "CONVERSATION_BUSY")
