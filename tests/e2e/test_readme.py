"""What the README says is so: every command and snippet is run, every file it names is there."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from app.storage.node import find_node
from tests.e2e.front_end import NODE_TESTS
from tests.e2e.operations import execute
from tests.e2e.process import ServerProcess, bare_environment, free_port, running
from tests.e2e.readme import README, ROOT, Block, blocks, make_clone

DEADLINE_SECONDS = 60
BLOCKS = blocks(README.read_text())
NEWEST_REPLIES = "{ conversations(first: 2) { nodes { messages(last: 1) { nodes { role status content } } } } }"


def of(language: str, *, server: bool | None = None) -> pytest.MarkDecorator:
    chosen = [each for each in BLOCKS if each.language == language and server in (None, each.starts_a_server)]
    return pytest.mark.parametrize("block", chosen, ids=lambda block: f"line {block.line}")


@pytest.fixture
async def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone")
    make_clone(folder)
    return folder


def test_no_block_is_left_out() -> None:
    assert {block.language for block in BLOCKS} == {"sh", "graphql", "python", "js"}


@of("sh", server=False)
async def test_a_command_works(block: Block, clone: Path, folder: Path, standing: ServerProcess) -> None:
    async with shell(block.with_addresses(standing.url, "", 0), clone, folder) as process:
        output, _ = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
    assert process.returncode == 0, output.decode()
    assert output.strip()
    assert b'"error' not in output


@of("sh", server=True)
async def test_a_command_starts_a_server_that_ctrl_c_ends(
    block: Block, clone: Path, folder: Path, database_url: str
) -> None:
    port = free_port()
    text = block.with_addresses("", database_url, port)
    async with shell(text, clone, folder, PARLEY_PORT=str(port)) as process:
        await asyncio.wait_for(ready(port, process), DEADLINE_SECONDS)
        os.killpg(process.pid, signal.SIGINT)  # as the terminal does it
        output, _ = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
    assert b"stopped" in output
    assert b"Traceback" not in output
    assert b"***" not in output, "make complains"


@of("graphql")
async def test_an_operation_has_an_answer(block: Block, standing: ServerProcess) -> None:
    assert await execute(standing.graphql_url, block.text)


async def test_the_clients_resume_by_themselves(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(NODE_TESTS / "node_modules")
    (python,), (javascript,) = ([each for each in BLOCKS if each.language == name] for name in ("python", "js"))
    async with asyncio.timeout(DEADLINE_SECONDS), running(folder) as server:
        clients = [
            await start_client(python.with_addresses(server.url, "", 0), tmp_path / "client.py", sys.executable),
            await start_client(javascript.with_addresses(server.url, "", 0), tmp_path / "client.mjs", find_node()),
        ]
        begun = [await output_of(client).readexactly(100) for client in clients]
        await server.kill()
        await server.start()
        outputs = {
            (start + await output_of(client).read()).decode() for client, start in zip(clients, begun, strict=True)
        }
        assert [await client.wait() for client in clients] == [0, 0], outputs
        found = await execute(server.graphql_url, NEWEST_REPLIES)
    replies = [reply for each in found["conversations"]["nodes"] for reply in each["messages"]["nodes"]]
    assert [(reply["role"], reply["status"]) for reply in replies] == [("ASSISTANT", "INTERRUPTED")] * 2
    assert outputs == {f"{reply['content']}\nINTERRUPTED\n" for reply in replies}


async def start_client(text: str, program: Path, interpreter: str | Path) -> asyncio.subprocess.Process:
    await asyncio.to_thread(program.write_text, text)
    return await asyncio.create_subprocess_exec(
        interpreter, program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )


def output_of(process: asyncio.subprocess.Process) -> asyncio.StreamReader:
    assert process.stdout
    return process.stdout


def test_every_setting_is_told() -> None:
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", README.read_text(), re.MULTILINE))
    example = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    settings = {
        name.upper() if name.startswith(("database_", "openai_")) else f"PARLEY_{name.upper()}"
        for name in Settings.model_fields
    }
    assert table == settings
    assert example == settings


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_file_that_is_named_is_there(document: str) -> None:
    targets = re.findall(r"\]\((?!https?://)([^)#]+)", (ROOT / document).read_text())
    assert [target for target in targets if not (ROOT / target).exists()] == []


@asynccontextmanager
async def shell(text: str, clone: Path, folder: Path, **more: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A newcomer's shell, in which everything is installed already and `make test` is quick."""
    installed = {"PYTHON": "true", "ARGS": "--version"}
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", text),
        cwd=clone,
        env={**bare_environment(folder), **installed, **more},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def ready(port: int, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient() as client:
        while True:
            if process.returncode is not None:
                raise AssertionError((await output_of(process).read()).decode())
            try:
                if (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
