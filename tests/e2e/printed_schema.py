"""The schema as its users have it: what `parley schema` prints."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.e2e.process import PARLEY, bare_environment


async def printed_schema(folder: Path) -> Path:
    """The file, made in that folder."""
    process = await asyncio.create_subprocess_exec(
        *(PARLEY, "schema"), cwd=folder, env=bare_environment(folder), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    path = folder / "schema.graphql"
    path.write_bytes(output)
    return path
