"""https://docs.predictionguard.com: the `predictionguard` SDK."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.process import ServerProcess
from tests.seeds.conftest import said
from tests.seeds.program import output_of
from tests.seeds.snippet import Snippet
from tests.upstream.process import Upstream

# As published it is no Python: `true`, and a stream that is printed as if it were a document.
STREAM = (
    Snippet.of("prediction_guard")
    .without_line_numbers()
    .with_("stream=True,", for_="stream=true,")
    .with_(" list(result),", for_=" result,")
)
ANSWER = said("Haha. Good one.")


@pytest.fixture(params=["", "/v1"])
def environment(request: pytest.FixtureRequest, server: ServerProcess) -> dict[str, str]:
    """With the host alone changed, and with the path that OpenAI's SDKs want. The snippet sets the key itself."""
    return {"PREDICTIONGUARD_URL": f"{server.url}{request.param}"}


async def test_the_chunks_of_a_stream_are_printed(snippet_python: Path, environment: dict[str, str]) -> None:
    chunks = json.loads(
        await output_of(snippet_python, "-W", "ignore", "-", stdin=STREAM.text, environment=environment)
    )
    first, *_, last = [each["data"] for each in chunks]
    assert (first["object"], first["model"]) == ("chat.completion.chunk", "Neural-Chat-7B")
    assert "".join(each["data"]["choices"][0]["delta"]["content"] for each in chunks) == ANSWER
    assert [each["choices"][0]["finish_reason"] for each in (first, last)] == [None, "stop"]


async def test_without_a_stream_the_answer_is_printed(snippet_python: Path, environment: dict[str, str]) -> None:
    whole = Snippet.of("prediction_guard").without_line_numbers().with_("", for_=" stream=true,\n")
    completion = json.loads(
        await output_of(snippet_python, "-W", "ignore", "-", stdin=whole.text, environment=environment)
    )
    assert (completion["object"], completion["model"]) == ("chat.completion", "Neural-Chat-7B")
    assert completion["choices"][0]["message"]["content"] == ANSWER


async def test_what_the_sdk_sends_is_what_the_model_is_given(
    snippet_python: Path, environment: dict[str, str], upstream: Upstream
) -> None:
    await output_of(snippet_python, "-W", "ignore", "-", stdin=STREAM.text, environment=environment)
    body = (await upstream.state())["requests"][-1]["body"]
    assert [each["role"] for each in body["messages"]] == ["system", "user", "assistant", "user"]
    assert (body["model"], body["temperature"], body["top_p"]) == ("Neural-Chat-7B", 1.0, 0.99)
    assert 500 in (body.get("max_tokens"), body.get("max_completion_tokens"))
