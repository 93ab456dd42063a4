"""OctoAI's text generation: the `octoai-sdk`."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from tests.e2e.process import ServerProcess
from tests.seeds.conftest import said
from tests.seeds.program import output_of, run
from tests.seeds.snippet import Snippet

CLIENT = "client = Client()\n"
ANSWER = said("Write a blog about Seattle")
ENVIRONMENT = {"OCTOAI_TOKEN": "a-key"}


def at(server: ServerProcess, name: str) -> str:
    """The snippet with the host: the SDK has no setting for it, but an attribute."""
    host = f'client.chat.completions.endpoint = "{server.url}/v1/chat/completions"\n'
    return Snippet.of(name).with_(CLIENT + host, for_=CLIENT).text


async def test_the_list_of_models_is_the_sdks_own(snippet_python: Path) -> None:
    program = Snippet.of("octoai_models").without_prompts()
    printed = await run(snippet_python, "-i", "-q", stdin=program.text)  # the prompts are on standard error
    assert "llama-2-70b-chat" in ast.literal_eval(printed.output), printed.errors


async def test_the_answer_has_the_shape_of_the_documents(snippet_python: Path, server: ServerProcess) -> None:
    program = at(server, "octoai")
    answer = json.loads(await output_of(snippet_python, "-W", "ignore", "-", stdin=program, environment=ENVIRONMENT))
    assert answer["choices"][0]["message"]["content"] == ANSWER
    published = json.loads(Snippet.of("octoai_answer").text)
    assert shape(answer) == shape(published)


async def test_the_stream_is_printed_to_its_end(snippet_python: Path, server: ServerProcess) -> None:
    program = at(server, "octoai_stream")
    assert await output_of(snippet_python, "-", stdin=program, environment=ENVIRONMENT) == ANSWER


def shape(value: Any) -> Any:
    """Names and types, the text aside; the SDK gives a null for what a server leaves out."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value)
