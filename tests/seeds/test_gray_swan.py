"""Gray Swan's Cygnet. No registry has its `gray_swan` package: sdk/gray_swan.py stands for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.process import ServerProcess
from tests.seeds.conftest import said
from tests.seeds.program import output_of
from tests.seeds.snippet import Snippet
from tests.upstream.process import Upstream

SDK = Path(__file__).with_name("sdk")
ANSWER = said("What is a large language model?")
WHOLE = Snippet.of("cygnet")
CLIENT = WHOLE.before("completion_create_response = ")


@pytest.fixture
def environment(server: ServerProcess) -> dict[str, str]:
    return {"PYTHONPATH": str(SDK), "GRAYSWAN_API_KEY": "a-key", "GRAYSWAN_BASE_URL": f"{server.url}/v1"}


async def test_the_answer_is_printed(snippet_python: Path, environment: dict[str, str]) -> None:
    assert await output_of(snippet_python, "-", stdin=WHOLE.text, environment=environment) == f"{ANSWER}\n"


async def test_the_stream_is_printed(snippet_python: Path, environment: dict[str, str]) -> None:
    program = CLIENT.followed_by(Snippet.of("cygnet_stream"))
    assert await output_of(snippet_python, "-", stdin=program.text, environment=environment) == ANSWER


@pytest.mark.parametrize("name", ["cygnet_async", "cygnet_async_stream"])
async def test_the_asynchronous_examples_print_the_answer(
    snippet_python: Path, environment: dict[str, str], name: str
) -> None:
    """They `await` at the top level, as a notebook lets them."""
    program = Snippet.of(name).text
    assert await output_of(snippet_python, SDK / "top_level_await.py", stdin=program, environment=environment) == ANSWER


async def test_cygnet_is_the_latest_model(
    snippet_python: Path, environment: dict[str, str], upstream: Upstream
) -> None:
    await output_of(snippet_python, "-", stdin=WHOLE.text, environment=environment)
    assert (await upstream.state())["requests"][-1]["body"]["model"] == "cygnet-llama-3"


async def test_a_conversation_may_hold_data(
    snippet_python: Path, environment: dict[str, str], upstream: Upstream
) -> None:
    """`data` is one of the four roles that the document names, and shows no example of."""
    messages = Snippet.of("cygnet_messages")
    asked = messages.before("]").text + ', {"role": "data", "content": "Tuesday is market day."}]\n'
    create = 'client.chat.completion.create(messages=messages, model="cygnet")\n'
    await output_of(snippet_python, "-", stdin=CLIENT.text + asked + create, environment=environment)
    sent = (await upstream.state())["requests"][-1]["body"]["messages"]
    assert [each["content"] for each in sent[:3]] == [
        "You are a helpful assistant.",
        "What day is after Monday?",
        "The day after Monday is Tuesday.",
    ]
    assert "Tuesday is market day." in sent[3]["content"]
