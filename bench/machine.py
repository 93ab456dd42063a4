"""What a benchmark ran on."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

from bench.delivery.install import YOGA_FOLDER
from bench.npm_packages import environment
from bench.reading.install import POSTGRAPHILE_FOLDER

_PYTHON: Final = ("strawberry-graphql", "graphql-core", "uvicorn", "uvloop", "websockets", "asyncpg", "sqlalchemy")
_NODE: Final = {
    YOGA_FOLDER: ("graphql-yoga", "graphql-ws", "ws", "graphql"),
    POSTGRAPHILE_FOLDER: ("postgraphile",),
}


def machine() -> str:
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release().partition('-')[0]}"


def versions() -> dict[str, str]:
    """Of whatever takes part; `parley` is the commit, with a + where files have changed since."""
    told = {"parley": _commit(), "Python": platform.python_version()}
    told |= {name: version(name) for name in _PYTHON}
    if node := _output("node", "--version"):
        told["Node.js"] = node.removeprefix("v")
    return told | dict(_node_packages())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _commit() -> str:
    return _output("git", "rev-parse", "--short", "HEAD") + ("+" if _output("git", "status", "--porcelain") else "")


def _node_packages() -> Iterator[tuple[str, str]]:
    for folder, names in _NODE.items():
        lock = folder / "package-lock.json"
        packages = json.loads(lock.read_text())["packages"] if lock.exists() else {}
        for name in names:
            if found := packages.get(f"node_modules/{name}"):
                yield name, found["version"]


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    except OSError:
        return ""
    return done.stdout.strip()
