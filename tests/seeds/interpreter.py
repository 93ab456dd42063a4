"""A Python with the SDKs that the documents name, and without Parley: as a reader of the documents has it."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def interpreter(cache: Path) -> Path:
    """Its executable; made on first use, and anew when the requirements or the Python that runs the tests change.

    Args:
        cache: a folder that outlives the test run.

    Raises:
        AssertionError: pip could not install the SDKs; with what it says.
    """
    version = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder, made = cache / version, cache / f"{version}.made"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs in one clone
        if not made.exists():
            _run(sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder))
            # Without what the packages say that they depend on: OctoAI's wants a NumPy that newer Pythons cannot run.
            pip = (sys.executable, "-m", "pip", "--python", str(folder), "install", "--quiet", "--no-deps")
            _run(*pip, "--requirement", str(REQUIREMENTS))
            made.touch()
    return folder / "bin" / "python"


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
