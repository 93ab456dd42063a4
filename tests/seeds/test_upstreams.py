"""The documents' services as upstreams: what they are shown to answer, word for word, is what GraphQL tells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.e2e.operations import everything, execute, post, said
from tests.e2e.process import ServerProcess
from tests.seeds.snippet import Snippet
from tests.upstream.script import Script

MESSAGE = """
query Message($id: ID!) {
  message(id: $id) { status content finishReason usage { promptTokens completionTokens totalTokens source } }
}
"""
SPELLBOOK = json.loads(Snippet.of("spellbook_answer").text)
OCTOAI = json.loads(Snippet.of("octoai_answer").text)
PAST, LAST = [json.loads(each) for each in Snippet.of("prediction_guard_events").text.split("data: ")[1:3]]
DONE = "data: [DONE]\n\n"


def event(data: Mapping[str, Any]) -> str:
    """On one line, as it is sent: the document breaks it over several for its readers, which no event stream can."""
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def octoai_chunk(*, finish_reason: str | None = None, **delta: str) -> dict[str, Any]:
    """The document's answer as a chunk: of `message` and `delta` it has both, and one is null."""
    choice = {"index": 0, "message": None, "delta": {**delta, "function_call": None}, "finish_reason": finish_reason}
    return {**OCTOAI, "object": "chat.completion.chunk", "choices": [choice], "usage": None}


async def answered(server: ServerProcess, raw: str, model: str = "upstream") -> dict[str, Any]:
    """The reply that GraphQL gives when the model's server says that; subscribers were told the same."""
    reply = (await post(server.graphql_url, Script(raw=raw).prompt(), model=model))["reply"]["id"]
    events = await everything(server.websocket_url, reply)
    message: dict[str, Any] = (await execute(server.graphql_url, MESSAGE, id=reply))["message"]
    assert said(events) == message["content"]
    return message


async def test_prediction_guards_last_chunk_does_not_repeat_what_was_streamed(server: ServerProcess) -> None:
    message = await answered(server, event(PAST) + event(LAST) + DONE)
    assert (message["status"], message["content"], message["finishReason"]) == ("COMPLETE", " past", "STOP")
    assert message["usage"]["source"] == "ESTIMATED"


async def test_prediction_guards_last_chunk_may_have_all_the_text(server: ServerProcess) -> None:
    message = await answered(server, event(LAST) + DONE)
    (choice,) = LAST["choices"]
    assert (message["status"], message["content"]) == ("COMPLETE", choice["generated_text"])


@pytest.mark.parametrize("end", [DONE, ""], ids=["with its end mark", "without an end mark"])
async def test_spellbooks_answer_is_read_with_its_tokens(server: ServerProcess, end: str) -> None:
    """Its finish reason is null, also where all has been said."""
    message = await answered(server, event(SPELLBOOK) + end, model="spellbook")
    assert (message["status"], message["content"]) == ("COMPLETE", SPELLBOOK["chat_completion"]["message"]["content"])
    assert message["usage"] == {"promptTokens": 71, "completionTokens": 45, "totalTokens": 116, "source": "PROVIDER"}


async def test_octoais_answer_is_read_with_its_tokens(server: ServerProcess) -> None:
    message = await answered(server, event(OCTOAI) + DONE)
    (choice,) = OCTOAI["choices"]
    assert (message["content"], message["finishReason"]) == (choice["message"]["content"], "LENGTH")
    assert message["usage"] == {"promptTokens": 571, "completionTokens": 150, "totalTokens": 721, "source": "PROVIDER"}


async def test_octoais_chunks_are_read_to_their_end(server: ServerProcess) -> None:
    chunks = [
        octoai_chunk(role="assistant", content=""),
        octoai_chunk(content="Founded in 1921, "),
        octoai_chunk(content="Seattle"),
        octoai_chunk(finish_reason="length"),
    ]
    message = await answered(server, "".join(map(event, chunks)) + DONE)
    assert (message["status"], message["content"]) == ("COMPLETE", "Founded in 1921, Seattle")
    assert message["finishReason"] == "LENGTH"


async def test_the_chunk_that_the_cygnet_examples_read_is_read(server: ServerProcess) -> None:
    """All that the document tells of a chunk is `choices[0].delta.content`."""
    chunks = [{"choices": [{"delta": {"content": "A large "}}]}, {"choices": [{"delta": {"content": "model"}}]}]
    message = await answered(server, "".join(map(event, chunks)) + event({"choices": [{"finish_reason": "stop"}]}))
    assert (message["status"], message["content"]) == ("COMPLETE", "A large model")
