"""Whatever may be made up from the OpenAPI document, and whatever it rules out: schemathesis asks the real server.

The statuses that cannot be made up are reached one by one: the document names none that a caller may not meet.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.api.rest.conformance import Document
from tests.api.rest.test_openapi_statuses import REACHED_ONE_BY_ONE
from tests.e2e.process import ServerProcess, running

ROOT = Path(__file__).parents[3]
CONFIGURATION = Path(__file__).with_name("schemathesis") / "schemathesis.toml"
PHASES = "examples,coverage,fuzzing,stateful"
FEWEST_REQUESTS = 300
DEADLINE_SECONDS = 100


@dataclass(frozen=True)
class Run:
    """Args:
    answers: of each operation, how many there were by status.
    """

    exit_status: int
    output: str
    answers: Mapping[str, Mapping[int, int]]


@pytest.fixture(scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ServerProcess]:
    """The real server, whose default model answers at once."""
    folder = tmp_path_factory.mktemp("demo")
    async with running(folder, PARLEY_DEMO_WORDS_PER_SECOND="100000") as server:
        yield server


@pytest.fixture(scope="module")
async def document(demo: ServerProcess) -> Document:
    async with httpx.AsyncClient(base_url=demo.url) as client:
        return Document((await client.get("/openapi.json")).json())


@pytest.fixture(scope="module")
async def run(demo: ServerProcess, document: Document, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("schemathesis")
    report = folder / "report.har"
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("schemathesis"), "--config-file", CONFIGURATION, "--no-color"),
        *("run", f"{demo.url}/openapi.json", "--phases", PHASES, "--report-har-path", report),
        cwd=folder,
        env={"PATH": str(Path(sys.executable).parent), "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    answers: dict[str, dict[int, int]] = {}
    for entry in json.loads(report.read_text())["log"]["entries"]:
        if operation := document.operation(entry["request"]["method"], entry["request"]["url"]):
            counts = answers.setdefault(operation, {})
            counts[entry["response"]["status"]] = counts.get(entry["response"]["status"], 0) + 1
    return Run(await process.wait(), output.decode(), answers)


async def test_every_answer_is_as_the_document_says_and_none_is_a_failure_of_the_server(run: Run) -> None:
    assert run.exit_status == 0, run.output
    assert sum(sum(counts.values()) for counts in run.answers.values()) > FEWEST_REQUESTS


async def test_every_operation_is_asked_and_answers_well_at_least_once(run: Run, document: Document) -> None:
    assert {operation for operation, counts in run.answers.items() if counts.get(200)} == set(document.operations)


async def test_every_documented_status_is_met(run: Run, document: Document) -> None:
    met = {(operation, status) for operation, counts in run.answers.items() for status in counts}
    documented = {(operation, status) for operation in document.operations for status in document.statuses(operation)}
    assert documented - met - REACHED_ONE_BY_ONE == set()
    assert documented >= REACHED_ONE_BY_ONE


async def test_nothing_unforeseen_is_in_the_log(run: Run, demo: ServerProcess) -> None:
    assert run.answers
    assert "failed unexpectedly" not in demo.log.read_text()
