"""The examples that print an answer print all of it, once, whatever happens to their connection and their server."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.operations import execute
from tests.e2e.process import ServerProcess, running
from tests.examples.printed import EXAMPLES, output_of, typed
from tests.tools.test_locks import locked
from tests.web.client.meddling_proxy import Fate, meddling

DEADLINE_SECONDS = 60
PROGRAMS = ["python_gql", "typescript_graphql_ws", "curl_sse", "openai_sdk"]
HAS_JQ = shutil.which("jq") is not None or os.environ.get("CI") == "true"
RUNNABLE = [each for each in PROGRAMS if each != "curl_sse" or HAS_JQ]
needs_jq = pytest.mark.skipif(not HAS_JQ, reason="no jq here (on Debian: apt-get install jq)")
NEWEST = "{ conversations(first: 10) { nodes { title tip { role status content error { message } } } } }"
LEAST_BYTES = 900
"""Of a connection, before it is cut: the answer to a post fits in."""


async def replies(url: str) -> list[dict[str, Any]]:
    found = await execute(f"{url}/graphql", NEWEST)
    return [each["tip"] for each in found["conversations"]["nodes"]]


@pytest.mark.parametrize(
    "example", [pytest.param(each, marks=needs_jq) if each == "curl_sse" else each for each in PROGRAMS]
)
async def test_it_prints_the_answer_through_a_network_that_cuts_every_connection(
    example: str, standing: ServerProcess
) -> None:
    choose = random.Random(example)
    async with (
        asyncio.timeout(DEADLINE_SECONDS),
        meddling(standing.port, lambda _: Fate(cut_after=choose.randint(LEAST_BYTES, 8_000))) as proxy,
        typed(example, f"http://127.0.0.1:{proxy.port}") as process,
    ):
        output, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        newest, *_ = await replies(standing.url)
    assert newest["status"] == "COMPLETE"
    end = "stop" if example == "openai_sdk" else "COMPLETE"
    assert output.decode() == f"{newest['content']}\n{end}\n"
    assert len(proxy.requests) > 2


async def test_they_go_on_when_the_server_was_killed_and_started_again(folder: Path) -> None:
    async with (
        asyncio.timeout(DEADLINE_SECONDS),
        running(folder, PARLEY_DEMO_WORDS_PER_SECOND="20") as server,
        AsyncExitStack() as stack,
    ):
        processes = [await stack.enter_async_context(typed(each, server.url)) for each in RUNNABLE]
        begun = [await output_of(each).readexactly(40) for each in processes]
        await server.kill()
        await server.start()
        printed = [
            (start + await output_of(each).read()).decode() for start, each in zip(begun, processes, strict=True)
        ]
        statuses = [await each.wait() for each in processes]
        stored = await replies(server.url)
    assert {each["status"] for each in stored} == {"INTERRUPTED"}
    assert statuses == [*(0 for _ in RUNNABLE[1:]), 1]
    *told, openai = printed
    contents = [each["content"] for each in stored]
    assert len(contents) == len(RUNNABLE)
    ends = {f"{each}\nINTERRUPTED\n" for each in contents}
    assert set(told) <= ends
    assert openai in contents


async def test_ctrl_c_stops_the_answer(folder: Path) -> None:
    async with (
        asyncio.timeout(DEADLINE_SECONDS),
        running(folder, PARLEY_DEMO_WORDS_PER_SECOND="20") as server,
        typed("python_gql", server.url) as process,
    ):
        await output_of(process).readexactly(40)
        os.killpg(process.pid, signal.SIGINT)
        await process.wait()
        assert process.returncode == 0
        assert (await output_of(process).read()).decode().endswith("\nSTOPPED\n")
        (reply,) = await replies(server.url)
    assert reply["status"] == "STOPPED"


async def test_a_refusal_is_said_and_not_tried_again(folder: Path) -> None:
    async with (
        asyncio.timeout(DEADLINE_SECONDS),
        running(folder, PARLEY_AUTH="keys") as server,
        AsyncExitStack() as stack,
    ):
        processes = [await stack.enter_async_context(typed(each, server.url, PARLEY_KEY="wrong")) for each in RUNNABLE]
        for process in processes:
            _, errors = await process.communicate()
            assert process.returncode != 0
            assert b"the API key is not valid" in errors


@pytest.mark.parametrize("requirements", sorted(EXAMPLES.glob("*/requirements.txt")), ids=lambda path: path.parent.name)
def test_what_is_pinned_is_what_is_tested(requirements: Path) -> None:
    pins = dict(re.findall(r"^([\w-]+)(?:\[.*\])?==(\S+)$", requirements.read_text(), re.MULTILINE))
    tested = locked("requirements-dev.lock")
    assert pins
    assert pins == {name: tested[name] for name in pins}
