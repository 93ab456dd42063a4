"""Clients name their documents instead of sending them; a list of them is looked at before the start."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.e2e.node_program import node_program
from tests.e2e.process import PARLEY, ServerProcess, bare_environment

DEADLINE_SECONDS = 90


def request(method: str, *, whole: bool, status: int = 200) -> dict[str, object]:
    return {"method": method, "whole": whole, "named": True, "status": status}


async def test_apollo_client_sends_a_document_once_and_then_its_hash_which_other_clients_know_too(
    standing: ServerProcess,
) -> None:
    program = node_program("persisted.mjs", standing.graphql_url, "Tell me a story")
    async with asyncio.timeout(DEADLINE_SECONDS), program as lines:
        said = [line async for line in lines]
    requests = [line for line in said if "method" in line]
    mutation = requests[6:-1]
    assert requests[:6] == [
        request("POST", whole=False, status=400),  # not known: Apollo asks for the media type that has a status for it
        request("POST", whole=True),
        request("POST", whole=False),
        request("GET", whole=False, status=400),
        request("POST", whole=True),
        request("GET", whole=False),
    ]
    assert mutation in (
        [request("POST", whole=False, status=400), request("POST", whole=True)],
        [request("POST", whole=False)],
    )
    answers = [line["models"] for line in said if "models" in line]
    assert len(answers) == 4
    assert all({each["id"] for each in models} == {"demo", "demo-fast"} for models in answers)
    followed = {line["way"]: (line["status"], line["content"]) for line in said if "way" in line}
    assert followed.keys() == {"graphql-ws", "graphql-sse"}
    assert followed["graphql-ws"] == followed["graphql-sse"]
    assert followed["graphql-ws"][0] == "COMPLETE"


async def test_a_list_with_a_document_that_cannot_be_served_stops_the_start_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "documents.json").write_text('{"models": "{ models { id } }", "old": "{ nothing }"}')
    environment = {**bare_environment(tmp_path), "PARLEY_PORT": "0", "PARLEY_DOCUMENTS": "documents.json"}
    process = await asyncio.create_subprocess_exec(
        PARLEY, "serve", cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(DEADLINE_SECONDS):
        output, _ = await process.communicate()
    problem = "document \"old\": Cannot query field 'nothing' on type 'Query'."
    assert output.decode() == f"parley: PARLEY_DOCUMENTS=documents.json: {problem}\n"
    assert process.returncode == 1
    assert not (tmp_path / "data").exists(), "a database was made for it"
