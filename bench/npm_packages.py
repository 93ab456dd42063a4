"""Brings npm packages as a lock file beside a benchmark has them, and the Node.js that runs them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

_LOCK: Final = "package-lock.json"


def install(locked: Path, folder: Path) -> None:
    """Into `folder`, unless it has all of it already.

    Args:
        locked: where package.json, its lock file and .npmrc are.
    """
    done = folder / "node_modules" / _LOCK
    if done.exists() and done.read_bytes() == (locked / _LOCK).read_bytes():
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", _LOCK, ".npmrc"):
        shutil.copy(locked / name, folder)
    subprocess.run(["npm", "ci", "--loglevel=error"], cwd=folder, env=environment(), check=True)
    shutil.copy(locked / _LOCK, done)  # last: it says that all of this is in place


def environment() -> dict[str, str]:
    """Finds the Node.js that came from PyPI, where the machine has none."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}
