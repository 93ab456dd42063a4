"""Makes the pictures of the README anew: `python -m tests.web.screenshots`, or `make screenshots`."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from tests.e2e.process import running
from tests.web.browser import drive

PICTURES = Path(__file__).parents[2] / "docs"


async def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for each in ("server", "profile", "screenshots"):
            (folder / each).mkdir()
        async with running(folder / "server") as server:
            seen = await drive("screenshots.mjs", f"{server.url}/", folder / "profile", folder / "screenshots")
        assert "error" not in seen, seen["error"]
        PICTURES.mkdir(exist_ok=True)
        for picture in sorted((folder / "screenshots").glob("chat-*.png")):
            shutil.copyfile(picture, PICTURES / picture.name)
            sys.stdout.write(f"docs/{picture.name}: {picture.stat().st_size // 1024} KB\n")


if __name__ == "__main__":
    asyncio.run(main())
