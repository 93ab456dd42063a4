"""A front end made of the client module, as a process of Node.js: what it hears, line by line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.storage.node import find_node

PROGRAM = Path(__file__).with_name("follow.mjs")
LONGEST_LINE_BYTES = 8 * 1024 * 1024

Heard = dict[str, Any]


class FrontEnd:
    """What it has heard so far, in order."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.heard: list[Heard] = []

    async def until(self, key: str, value: object = ...) -> Heard:
        """The next line that has this key, and this value of it where one is given.

        Raises:
            AssertionError: it ends without one.
        """
        while line := await self._next():
            if key in line and value in (..., line[key]):
                return line
        raise AssertionError(f"no {key} in {self.heard[-20:]}")

    async def to_the_end(self) -> list[Heard]:
        """All that it hears; it ends well."""
        while await self._next():
            pass
        return self.heard

    def window_event(self, name: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{name}\n".encode())

    def text(self, id: str | None = None) -> str:
        """What a reader of that reply, or of the only one, would see."""
        seen = ""
        for line in self.heard:
            if id in (None, line["id"]):
                seen = line["replace"] if "replace" in line else seen + line.get("text", "")
        return seen

    def seqs(self, id: str | None = None) -> list[int]:
        return [line["seq"] for line in self.heard if "seq" in line and id in (None, line["id"])]

    def states(self) -> list[str]:
        return [line["state"] for line in self.heard if "state" in line]

    async def _next(self) -> Heard | None:
        assert self._process.stdout
        assert self._process.stderr
        if line := await self._process.stdout.readline():
            self.heard.append(json.loads(line))
            return self.heard[-1]
        errors = await self._process.stderr.read()
        assert await self._process.wait() == 0, errors.decode()
        return None


@asynccontextmanager
async def front_end(post_url: str, **asked: Any) -> AsyncGenerator[FrontEnd]:
    """follow.mjs says what may be asked for."""
    process = await asyncio.create_subprocess_exec(
        *(find_node(), PROGRAM, json.dumps({"post": post_url, **asked})),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE_BYTES,
    )
    try:
        yield FrontEnd(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
