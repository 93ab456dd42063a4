"""A server whose environment names a proxy that it cannot use."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.process import PARLEY, bare_environment

DEADLINE_SECONDS = 30.0
UPSTREAM = {
    "openai": '[backends.there]\nkind = "openai"\nbase_url = "http://192.0.2.1/v1"\n',
    "egp": '[backends.there]\nkind = "egp"\nbase_url = "http://192.0.2.1/egp/v1"\n[models.m]\nbackend = "there"\n',
}


@pytest.mark.parametrize("kind", UPSTREAM)
async def test_is_told_so_in_one_line_before_anything_is_started(tmp_path: Path, kind: str) -> None:
    (tmp_path / "parley.toml").write_text(UPSTREAM[kind])
    environment = {**bare_environment(tmp_path), "PARLEY_PORT": "0", "ALL_PROXY": "socks5://127.0.0.1:1080"}
    process = await asyncio.create_subprocess_exec(
        *(PARLEY, "serve"),
        cwd=tmp_path,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    told = "parley: ALL_PROXY: SOCKS proxies are not supported, only http:// and https:// ones\n"
    assert (process.returncode, output.decode()) == (1, told)
    assert not (tmp_path / "data").exists(), "a database was made"
