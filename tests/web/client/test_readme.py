"""The client's README: its snippet runs, and the files that it names are there."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from app.storage.node import find_node
from tests.e2e.operations import execute
from tests.e2e.readme import ROOT, blocks
from tests.serving import Served
from tests.web.node_tests import TYPESCRIPT

DEADLINE_SECONDS = 30
CLIENT = ROOT / "web" / "src" / "client"
README = CLIENT / "README.md"
NEWEST = "{ conversations(first: 1) { nodes { tip { content status } } } }"


async def test_the_snippet_prints_the_answer(parley: Served, tmp_path: Path) -> None:
    (block,) = blocks(README.read_text())
    program = tmp_path / "page.ts"
    text = block.text.replace('"/graphql"', f'"{parley.graphql_url}"').replace("./client/", f"{CLIENT.as_uri()}/")
    program.write_text(text)
    process = await asyncio.create_subprocess_exec(
        *(find_node(), "--import", TYPESCRIPT, program), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
    assert process.returncode == 0
    (newest,) = (await execute(parley.graphql_url, NEWEST))["conversations"]["nodes"]
    assert output.decode().endswith(f"{newest['tip']['content']} COMPLETE\n")
    assert output.decode().startswith("connecting undefined\nlive undefined\n")


def test_every_file_that_is_named_is_there() -> None:
    targets = re.findall(r"\]\((?!https?://)([^)#]+)", README.read_text())
    assert targets
    assert [target for target in targets if not (CLIENT / target).exists()] == []
