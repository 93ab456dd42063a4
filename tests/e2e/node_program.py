"""A program of tests/node as a process: what it says of itself, line by line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.storage.node import find_node

NODE_TESTS = Path(__file__).parents[1] / "node"
LONGEST_LINE_BYTES = 1024 * 1024

Said = dict[str, Any]


@asynccontextmanager
async def node_program(program: str | Path, *arguments: str | Path) -> AsyncGenerator[AsyncGenerator[Said]]:
    """Gives what it says until it ends, which it does well unless the block is left before.

    Args:
        program: a path, relative to tests/node.
    """
    process = await asyncio.create_subprocess_exec(
        *(find_node(), NODE_TESTS / program, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE_BYTES,
    )
    try:
        yield _lines(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def run_node(program: str | Path, *arguments: str | Path, folder: Path | None = None) -> bytes:
    """What it writes to its end, which it comes to well.

    Args:
        folder: where it runs.
    """
    process = await asyncio.create_subprocess_exec(
        *(find_node(), NODE_TESTS / program, *arguments),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, (output + errors).decode()
    return output


async def _lines(process: asyncio.subprocess.Process) -> AsyncGenerator[Said]:
    assert process.stdout
    assert process.stderr
    async for line in process.stdout:
        yield json.loads(line)
    errors = await process.stderr.read()
    assert await process.wait() == 0, errors.decode()
