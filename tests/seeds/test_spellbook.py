"""Scale's Spellbook, later EGP: `requests`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.process import ServerProcess
from tests.seeds.conftest import said
from tests.seeds.program import output_of
from tests.seeds.snippet import Snippet

HOST = "https://api.spellbook.scale.com"
ANSWER = said("Hello, what can you do?")


@pytest.fixture
def environment() -> dict[str, str]:
    return {"SPELLBOOK_API_KEY": "a-key"}


async def test_the_answer_has_the_shape_of_the_documents(
    snippet_python: Path, server: ServerProcess, environment: dict[str, str]
) -> None:
    program = Snippet.of("spellbook").with_(server.url, for_=HOST)
    answer = json.loads(await output_of(snippet_python, "-", stdin=program.text, environment=environment))
    published = json.loads(Snippet.of("spellbook_answer").text)
    message = answer["chat_completion"]["message"]
    assert message == {"role": "agent", "content": ANSWER, "tool_request": None}
    assert answer["chat_completion"].keys() == published["chat_completion"].keys()
    assert answer.keys() == published.keys()
    assert answer["token_usage"].keys() == published["token_usage"].keys()
    assert answer["token_usage"]["total"] == answer["token_usage"]["prompt"] + answer["token_usage"]["completion"]


async def test_the_stream_is_printed_to_its_end(
    snippet_python: Path, server: ServerProcess, environment: dict[str, str]
) -> None:
    """As published it prints `chunk`, which it calls `stream_chunk` in the line above."""
    program = (
        Snippet.of("spellbook_stream").with_(server.url, for_=HOST).with_("print(stream_chunk[", for_="print(chunk[")
    )
    assert await output_of(snippet_python, "-", stdin=program.text, environment=environment) == f"{ANSWER}\n"
