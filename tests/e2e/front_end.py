"""A chat front end in JavaScript, as a process: what it says of itself, line by line."""

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
async def front_end(post_url: str, prompt: str, follow_url: str | None = None) -> AsyncGenerator[AsyncGenerator[Said]]:
    """tests/node/follow.mjs; gives what it says until it ends, which it does well unless the block is left before."""
    process = await asyncio.create_subprocess_exec(
        find_node(),
        NODE_TESTS / "follow.mjs",
        *(post_url, prompt, follow_url or post_url),
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE_BYTES,
    )
    try:
        yield _lines(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _lines(process: asyncio.subprocess.Process) -> AsyncGenerator[Said]:
    assert process.stdout
    async for line in process.stdout:
        yield json.loads(line)
    assert await process.wait() == 0
