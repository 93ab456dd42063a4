"""Running a snippet as a process of its own, which knows nothing of the test run's environment."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEADLINE_SECONDS = 60.0
"""Far longer than any snippet takes; only one that hangs is waited for so long."""


@dataclass(frozen=True)
class Ended:
    status: int
    output: str
    errors: str


async def run(
    *command: str | Path, stdin: str = "", folder: Path | None = None, environment: Mapping[str, str] = {}
) -> Ended:
    """Args:
    stdin: what it reads.
    folder: where it runs.
    environment: what is set for it, beside PATH.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            output, errors = await process.communicate(stdin.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Ended(process.returncode or 0, output.decode(), errors.decode())


async def output_of(*command: str | Path, stdin: str = "", environment: Mapping[str, str] = {}) -> str:
    """What it prints.

    Raises:
        AssertionError: it failed, or complained.
    """
    ended = await run(*command, stdin=stdin, environment=environment)
    assert (ended.status, ended.errors) == (0, ""), ended.errors or ended
    return ended.output
