"""Brings a clone to where it can run (`run`) or be worked on (`dev`); says each step, does none twice.

Runs under the machine's own Python, so it uses the standard library only. Each step names the files it is made from;
their digest is its stamp in `.venv/.installed/`, and a step whose stamp is current is skipped.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMPS = VENV / ".installed"
LOG = ROOT / ".venv" / "install.log"

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = (20, 19)
NODE_FROM_PYPI = "tools/requirements-node.lock"


class InstallError(Exception):
    """What is wrong, in one line that says what to do."""


def main(goal: str) -> None:
    started = time.monotonic()
    make_venv()
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    for name, inputs, action in STEPS[goal]:
        run_step(name, inputs, action)
    if (seconds := time.monotonic() - started) > 5:
        print(f"installed in {seconds:.0f} s", flush=True)


def make_venv() -> None:
    if sys.version_info < OLDEST_PYTHON:
        found, wanted = sys.version.split()[0], ".".join(map(str, OLDEST_PYTHON))
        raise InstallError(f"Python {wanted} or newer is needed, this is {found}: run `make PYTHON=python{wanted} …`")
    if (BIN / "python").exists() and STAMPS.exists():
        return
    print("· Python environment in .venv", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False, capture_output=True, text=True)
    if made.returncode:
        raise InstallError("Python cannot make a virtual environment (on Debian: apt-get install python3-venv)")
    STAMPS.mkdir()


def run_step(name: str, inputs: list[str], action: Callable[[], None]) -> None:
    digest = hashlib.sha256(sys.version.encode())
    for pattern in inputs:
        paths = sorted(path for path in ROOT.glob(pattern) if path.is_file())
        if not paths:
            raise InstallError(f"{pattern} is missing from this clone")
        for path in paths:
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    stamp = STAMPS / name.replace(" ", "-")
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    print(f"· {name}", flush=True)
    stamp.unlink(missing_ok=True)
    action()
    stamp.write_text(digest.hexdigest())


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    """Runs quietly; on failure the whole output is in the log and its last line in the error."""
    with LOG.open("a+") as log:
        log.write(f"\n$ {' '.join(map(str, command))}\n")
        log.flush()
        start = log.tell()
        status = subprocess.call(list(map(str, command)), cwd=cwd, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        if status == 0:
            return
        log.seek(start)
        lines = [line.strip() for line in log.read().splitlines() if line.strip()]
    because = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "no output")
    raise InstallError(f"{Path(command[0]).name} {command[1]} failed: {because[:300]} (all of it in {LOG})")


def pip(*arguments: str) -> None:
    run(BIN / "python", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments)


def python_packages(lock: str) -> Callable[[], None]:
    def install() -> None:
        pip("--require-hashes", "-r", lock)
        pip("--no-deps", "--no-build-isolation", "-e", ".")

    return install


def node() -> None:
    """A Node of our own only where the machine has none that is new enough."""
    if not usable_node():
        pip("--require-hashes", "-r", NODE_FROM_PYPI)
    if not usable_node():
        raise InstallError("Node.js from PyPI does not run here: install Node.js 20.19 or newer yourself")


def usable_node() -> bool:
    try:
        version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
        has_npm = subprocess.run(["npm", "--version"], check=False, capture_output=True).returncode == 0
    except (OSError, subprocess.CalledProcessError):
        return False
    major, minor, *_ = version.strip().lstrip("v").split(".")
    return has_npm and (int(major), int(minor)) >= OLDEST_NODE


def npm(folder: str) -> Callable[[], None]:
    return lambda: run("npm", "ci", "--no-audit", "--no-fund", cwd=ROOT / folder)


def build_web() -> None:
    npm("web")()
    run("npm", "run", "build", cwd=ROOT / "web")


def prisma_client() -> None:
    run(BIN / "prisma", "generate")


Step = tuple[str, list[str], Callable[[], None]]

RUN_LOCK, DEV_LOCK = "requirements.lock", "requirements-dev.lock"
AFTER_PYTHON: list[Step] = [
    ("Node.js", [NODE_FROM_PYPI], node),
    ("database engines", ["app/storage/engine/package-lock.json"], npm("app/storage/engine")),
    ("database client", ["schema.prisma", "prisma.config.mjs", RUN_LOCK], prisma_client),
    ("web pages", ["web/package-lock.json", "web/*.*", "web/src/**/*"], build_web),
]
RUN_STEP: Step = ("Python packages", ["pyproject.toml", RUN_LOCK], python_packages(RUN_LOCK))
DEV_STEP: Step = ("Python packages for tests", ["pyproject.toml", DEV_LOCK], python_packages(DEV_LOCK))
STEPS: dict[str, list[Step]] = {
    "run": [RUN_STEP, *AFTER_PYTHON],
    "dev": [
        RUN_STEP,
        DEV_STEP,
        *AFTER_PYTHON,
        ("JavaScript packages for tests", ["tests/node/package-lock.json"], npm("tests/node")),
        ("browser driver for tests", ["tests/browser/package-lock.json"], npm("tests/browser")),
    ],
}

if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except InstallError as error:
        sys.exit(f"parley: {error}")
    except KeyboardInterrupt:
        sys.exit("parley: installation interrupted; the next `make` goes on from here")
