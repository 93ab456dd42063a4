"""A visit of a page with a real Chromium: `tests/browser/` drives it, and reports what it saw."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Seen = dict[str, Any]
Answers = Mapping[str, Callable[[], Awaitable[Any]]]

DRIVERS = Path(__file__).parent.parent / "browser"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
VISIT_SECONDS = 120
LONGEST_LINE_BYTES = 16 * 1024 * 1024

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("CI") != "true",
    reason="no Chromium here (on Debian: apt-get install chromium)",
)


async def visit(driver: str, url: str, folders: pytest.TempPathFactory, answers: Answers | None = None) -> Seen:
    """What the browser saw on a visit by that driver.

    Args:
        answers: what the driver can ask for meanwhile, by name: something to be done, or to be told.

    Raises:
        AssertionError: the visit ended before its end.
    """
    screenshots = screenshot_folder(driver, folders)
    seen = await drive(driver, url, folders.mktemp("profile"), screenshots, answers)
    assert "error" not in seen, f"{seen['error']}\nscreenshots are in {screenshots}"
    return seen


async def drive(driver: str, url: str, profile: Path, screenshots: Path, answers: Answers | None = None) -> Seen:
    """As `visit`; what ended it before its end stands in `error`."""
    assert CHROMIUM is not None, "CI needs Chromium (on Debian: apt-get install chromium)"
    process = await asyncio.create_subprocess_exec(
        *("node", DRIVERS / driver, url, CHROMIUM, profile, screenshots),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE_BYTES,
    )
    try:
        async with asyncio.timeout(VISIT_SECONDS):
            seen = await _until_the_end(process, answers or {})
            _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, errors.decode()
    return seen


def screenshot_folder(driver: str, folders: pytest.TempPathFactory) -> Path:
    """Where the screenshots of a visit are kept: in PARLEY_SCREENSHOTS, else with the run's other files."""
    kept = os.environ.get("PARLEY_SCREENSHOTS")
    if not kept:
        return folders.mktemp("screenshots")
    folder = Path(kept) / Path(driver).stem
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def _until_the_end(process: asyncio.subprocess.Process, answers: Answers) -> Seen:
    """Answers what the driver asks, line by line, until it says what it has seen."""
    assert process.stdin
    assert process.stdout
    async for line in process.stdout:
        said: dict[str, Any] = json.loads(line)
        if "ask" not in said:
            return said
        process.stdin.write(json.dumps({"answer": await answers[said["ask"]]()}).encode() + b"\n")
        await process.stdin.drain()
    return {}
