"""Resolves pyproject.toml into the lock files: every version exact, every file by its hash, no registry named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

LOCKS: dict[str, list[str]] = {
    "requirements.lock": ["pyproject.toml", "--extra", "build"],
    "requirements-dev.lock": ["pyproject.toml", "--extra", "build", "--extra", "dev", "-c", "requirements.lock"],
    "tools/requirements-node.lock": ["tools/requirements-node.in"],
}

COMPILE = [
    sys.executable,
    *["-m", "uv", "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"],
]
COMPILE += ["--no-header", "--no-annotate", "--no-emit-index-url", "--quiet"]


def main() -> None:
    for lock, sources in LOCKS.items():
        subprocess.run(
            [*COMPILE, *sources, "--output-file", lock],
            cwd=ROOT,
            check=True,
        )
        print(lock)


if __name__ == "__main__":
    main()
