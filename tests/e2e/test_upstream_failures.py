"""What becomes of a reply, as GraphQL tells it, when the upstream fails: early, late, or for a moment only."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.e2e.operations import everything, execute, post, said
from tests.serving import Served, serving
from tests.upstream.process import Upstream, run_upstream
from tests.upstream.script import Script

REPLY = """
query Reply($id: ID!) {
  message(id: $id) {
    status content finishReason usage { promptTokens completionTokens source } error { code message retryable }
  }
}
"""

Json = Any


@pytest.fixture(scope="module")
async def upstream() -> AsyncGenerator[Upstream]:
    async with run_upstream() as upstream:
        yield upstream


@pytest.fixture
async def served(database_url: str, upstream: Upstream) -> AsyncGenerator[Served]:
    async with serving(database_url, openai_base_url=upstream.base_url) as served:
        yield served


async def reply_to(served: Served, script: Script) -> tuple[str, Json]:
    """What a subscriber was told, and the stored reply."""
    posted = await post(served.graphql_url, script.prompt(), model="upstream")
    events = await everything(served.websocket_url, posted["reply"]["id"])
    return said(events), (await execute(served.graphql_url, REPLY, id=posted["reply"]["id"]))["message"]


async def test_an_error_after_100_tokens_keeps_them_and_tells_the_upstreams_own_code(served: Served) -> None:
    script = Script(seed=31, deltas=200, error_after=100, code="engine_overloaded", message="try later")
    told, reply = await reply_to(served, script)
    assert told == reply["content"] == script.whole_text(100)
    assert (reply["status"], reply["finishReason"]) == ("FAILED", None)
    assert reply["error"] == {"code": "engine_overloaded", "message": "try later", "retryable": True}
    assert reply["usage"]["source"] == "ESTIMATED"


async def test_a_stream_that_ends_in_good_order_without_a_finish_reason_failed(served: Served) -> None:
    script = Script(seed=32, deltas=30, finish_reason=None)
    told, reply = await reply_to(served, script)
    assert told == reply["content"] == script.whole_text()
    assert (reply["status"], reply["error"]["code"]) == ("FAILED", "UPSTREAM_INCOMPLETE")


async def test_a_refusal_that_passes_is_not_noticed(served: Served, upstream: Upstream) -> None:
    script = Script(seed=33, status=503, refusals=1)
    told, reply = await reply_to(served, script)
    assert told == reply["content"] == script.whole_text()
    assert (reply["status"], reply["error"]) == ("COMPLETE", None)
    assert (await upstream.state())["refused"][script.prompt()] == 1


async def test_token_counts_are_the_providers_or_labelled_as_an_estimate(served: Served) -> None:
    _, counted = await reply_to(served, Script(seed=34, deltas=12))
    assert counted["usage"] == {"promptTokens": 7, "completionTokens": 12, "source": "PROVIDER"}
    _, uncounted = await reply_to(served, Script(text="x" * 40, usage="none"))
    assert (uncounted["usage"]["completionTokens"], uncounted["usage"]["source"]) == (10, "ESTIMATED")


@pytest.mark.parametrize(("prompt", "completion"), [(2**31, 1), (-1, 1), (2**31 - 1, 1), (1, 10**30)])
async def test_token_counts_that_are_nonsense_do_not_cost_the_reply_its_end(
    served: Served, prompt: int, completion: int
) -> None:
    chunk = {
        "choices": [{"index": 0, "delta": {"content": "hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": completion},
    }
    told, reply = await reply_to(served, Script(raw=f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"))
    assert told == reply["content"] == "hello"
    assert (reply["status"], reply["usage"]["source"]) == ("COMPLETE", "ESTIMATED")


async def test_an_error_in_characters_that_cannot_be_stored_is_told_all_the_same(served: Served) -> None:
    said = '{"choices": [{"index": 0, "delta": {"content": "hello"}}]}'
    error = '{"error": {"code": "out_of\\u0000memory", "message": "half an emoji: \\ud83d, and \\u0000"}}'
    told, reply = await reply_to(served, Script(raw=f"data: {said}\n\ndata: {error}\n\n"))
    assert told == reply["content"] == "hello"
    assert (reply["status"], reply["error"]["code"]) == ("FAILED", "out_of\ufffdmemory")
    assert reply["error"]["message"] == "half an emoji: \ufffd, and \ufffd"
