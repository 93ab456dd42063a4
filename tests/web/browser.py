"""A visit of a page with a real Chromium: `tests/browser/` drives it, and reports what it saw."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

Seen = dict[str, Any]

DRIVERS = Path(__file__).parent.parent / "browser"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
VISIT_SECONDS = 120

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("CI") != "true",
    reason="no Chromium here (on Debian: apt-get install chromium)",
)


async def visit(driver: str, url: str, folders: pytest.TempPathFactory) -> Seen:
    """What the browser saw on a visit by that driver.

    Raises:
        AssertionError: the visit ended before its end.
    """
    assert CHROMIUM is not None, "CI needs Chromium (on Debian: apt-get install chromium)"
    profile, screenshots = folders.mktemp("profile"), folders.mktemp("screenshots")
    process = await asyncio.create_subprocess_exec(
        *("node", DRIVERS / driver, url, CHROMIUM, profile, screenshots),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), VISIT_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, errors.decode()
    seen: Seen = json.loads(output)
    assert "error" not in seen, f"{seen['error']}\nscreenshots are in {screenshots}"
    return seen
