"""The official `openai` package of npm against the real server: `tests/node/openai.mjs` says what came of each step."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from app.storage.node import find_node
from tests.e2e.front_end import NODE_TESTS
from tests.e2e.openai_server import SAID, openai_server
from tests.e2e.process import copy_folder

Seen = dict[str, Any]

DEADLINE_SECONDS = 90


@pytest.fixture(scope="module")
async def seen(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("node_sdk")
    await copy_folder(migrated, folder)
    scripts = json.dumps({name: script.prompt() for name, script in SAID.items()})
    async with openai_server(folder) as server:
        process = await asyncio.create_subprocess_exec(
            *(find_node(), NODE_TESTS / "openai.mjs", f"{server.url}/v1", scripts),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            output, errors = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert process.returncode == 0, errors.decode()
    seen: Seen = json.loads(output)
    return seen


async def test_create_and_stream_give_the_whole_text(seen: Seen) -> None:
    assert seen["created"] == SAID["whole"].whole_text()
    assert seen["streamed"] == seen["accumulated"] == SAID["long"].whole_text()
    assert seen["usage"]["completion_tokens"] == 200


async def test_responses_can_be_had_as_they_come(seen: Seen) -> None:
    assert seen["raw"] == {"type": "text/event-stream; charset=utf-8", "end": "data: [DONE]"}
    assert seen["withResponse"] == {"status": 200, "text": SAID["whole"].whole_text()}


async def test_models_are_listed_and_retrieved(seen: Seen) -> None:
    assert "upstream" in seen["models"]
    assert seen["model"] == "upstream"


async def test_stored_completions_are_kept_until_they_are_deleted(seen: Seen) -> None:
    stored = seen["stored"]
    assert stored["retrieved"] == SAID["whole"].whole_text()
    assert stored["listed"] == stored["ids"]
    assert stored["messages"] == [SAID["whole"].prompt()]
    assert stored["updated"] == {"by": "them"}
    assert stored["deleted"] is True
    assert (stored["gone"]["kind"], stored["gone"]["status"]) == ("NotFoundError", 404)


@pytest.mark.parametrize(
    ("name", "kind", "status", "code"),
    [
        ("badRequest", "BadRequestError", 400, "invalid_value"),
        ("notFound", "NotFoundError", 404, "model_not_found"),
        ("conflict", "ConflictError", 409, "CONVERSATION_BUSY"),
        ("unprocessable", "UnprocessableEntityError", 422, "IDEMPOTENCY_CONFLICT"),
        ("rateLimit", "RateLimitError", 429, "rate_limit_exceeded"),
        ("badGateway", "InternalServerError", 502, "http_500"),
    ],
)
async def test_errors_have_the_class_of_their_status(seen: Seen, name: str, kind: str, status: int, code: str) -> None:
    error = seen["errors"][name]
    assert (error["kind"], error["status"], error["code"]) == (kind, status, code)


async def test_an_error_names_its_field(seen: Seen) -> None:
    assert seen["errors"]["badRequest"]["param"] == "temperature"


@pytest.mark.parametrize(
    ("name", "kind"), [("timeout", "APIConnectionTimeoutError"), ("connection", "APIConnectionError")]
)
async def test_errors_without_an_answer_have_a_class_of_their_own(seen: Seen, name: str, kind: str) -> None:
    assert seen["errors"][name]["kind"] == kind


async def test_a_failure_in_mid_stream_is_raised_after_what_was_said(seen: Seen) -> None:
    assert seen["beforeFailure"] == SAID["failing"].whole_text(10)
    assert seen["errors"]["midStream"]["kind"] == "APIError"
