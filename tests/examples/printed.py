"""The examples as their READMEs print them."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.e2e.readme import blocks

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
FOLDERS = {"typescript_graphql_ws": EXAMPLES, "apollo_react": EXAMPLES}
"""Where the commands are run that are not run beside their README."""

_INSTALLS = re.compile(r"^(pip install|npm ci)\b.*\n", re.MULTILINE)


def command(example: str) -> str:
    """What its README says to type, without what `make test` has installed already."""
    (block,) = blocks((EXAMPLES / example / "README.md").read_text())
    typed, installs = _INSTALLS.subn("", block.text)
    assert installs or "curl" in example
    return typed.strip()


@asynccontextmanager
async def typed(example: str, url: str, **environment: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """The example as a process, which begins a group of its own, with Parley at that address."""
    paths = [str(Path(sys.executable).parent), os.environ["PATH"]]
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euc", f"exec {command(example)}"),
        cwd=FOLDERS.get(example, EXAMPLES / example),
        env={**os.environ, "PATH": os.pathsep.join(paths), "PARLEY_URL": url, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, 9)
            await process.wait()


def output_of(process: asyncio.subprocess.Process) -> asyncio.StreamReader:
    assert process.stdout
    return process.stdout
