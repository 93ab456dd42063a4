"""Names of keys as a command line has them, which is any bytes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.process import PARLEY, bare_environment

NOT_UTF8 = b"lap\xfftop"


async def parley(folder: Path, *arguments: bytes) -> tuple[int, str]:
    """The exit status, and all that the command says."""
    process = await asyncio.create_subprocess_exec(
        PARLEY,
        "keys",
        *arguments,
        cwd=folder,
        env={**bare_environment(folder), "PYTHONUTF8": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, said.decode().strip()


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (b"create", "parley: name: a lone surrogate at position 3 cannot be stored"),
        (b"revoke", "parley: no key named 'lap\\udcfftop' is in use: `parley keys list` shows those that are"),
    ],
)
async def test_a_name_that_is_no_text_is_told_in_one_line(folder: Path, command: bytes, told: str) -> None:
    assert await parley(folder, command, NOT_UTF8) == (1, told)


async def test_a_name_in_any_language_is_listed_as_it_was_given(folder: Path) -> None:
    name = "דוד's 🦜 e\u0301; DROP TABLE keys --"
    status, _ = await parley(folder, b"create", name.encode())
    _, listed = await parley(folder, b"list")
    assert (status, listed.splitlines()[1].startswith(f"{name}  ")) == (0, True)
