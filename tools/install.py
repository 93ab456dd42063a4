"""Brings a clone to where it can run (`run`) or be worked on (`dev`); says each step, does none twice.

`python3 -m tools.install run`, in the clone, under the machine's own Python. What is in place is stamped in
`.venv/.installed/`; an installation that was cut off at any point is taken up by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.commands import Commands, InstallError
from tools.steps import Step, bring_about

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMPS = VENV / ".installed"
UNFINISHED = VENV / ".unfinished"
"""Stands while pip installs: half a package, left by a pip that was killed, counts as whole for the next one."""

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = (20, 19)
NODE_FROM_PYPI = "tools/requirements-node.lock"
WORTH_TELLING_SECONDS = 5.0

commands = Commands(ROOT, VENV / "install.log")


def main(goal: str) -> None:
    started = time.monotonic()
    with one_at_a_time():
        make_venv()
        os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        os.environ.setdefault("NODE_USE_SYSTEM_CA", "1")  # else Node from PyPI knows no proxy that the machine trusts
        for lanes in PHASES[goal]:
            bring_about(lanes, ROOT, STAMPS, stop=commands.stop)
    if (seconds := time.monotonic() - started) > WORTH_TELLING_SECONDS:
        print(f"installed in {seconds:.0f} s", flush=True)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """`make run` in one terminal and `make test` in another install one after the other."""
    with Path(__file__).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("· waiting for another installation in this clone", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_venv() -> None:
    if sys.version_info < OLDEST_PYTHON:
        found, wanted = sys.version.split()[0], ".".join(map(str, OLDEST_PYTHON))
        raise InstallError(f"Python {wanted} or newer is needed, this is {found}: run `make PYTHON=python{wanted} …`")
    if STAMPS.exists() and not UNFINISHED.exists() and venv_version() == sys.version_info[:2]:
        return
    print("· Python environment in .venv", flush=True)
    if VENV.exists():
        shutil.rmtree(VENV)
    # That of the machine, also where this runs in the environment that has just been removed.
    python = getattr(sys, "_base_executable", sys.executable)
    made = subprocess.run([python, "-m", "venv", VENV], check=False, capture_output=True)
    if made.returncode:
        raise InstallError("Python cannot make a virtual environment (on Debian: apt-get install python3-venv)")
    STAMPS.mkdir()


def venv_version() -> tuple[int, ...] | None:
    """Of the Python that the environment was made with."""
    try:
        lines = (VENV / "pyvenv.cfg").read_text().splitlines()
        version = next(line.partition("=")[2].strip() for line in lines if line.startswith("version ="))
    except (FileNotFoundError, StopIteration):
        return None
    return tuple(int(part) for part in version.split(".")[:2]) if (BIN / "python").exists() else None


def pip(*arguments: str) -> None:
    UNFINISHED.touch()
    commands.run(BIN / "python", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *arguments)
    UNFINISHED.unlink()


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
        subprocess.run(["npm", "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    major, minor, *_ = version.strip().lstrip("v").split(".")
    return (int(major), int(minor)) >= OLDEST_NODE


def which_node() -> str:
    """A machine that has lost its Node.js, or got one, is looked at again."""
    return shutil.which("node") or ""


def npm(folder: str) -> Callable[[], None]:
    return lambda: commands.run("npm", "ci", "--no-audit", "--no-fund", cwd=folder)


def build_web() -> None:
    npm("web")()
    commands.run("npm", "run", "build", cwd="web")


def prisma_client() -> None:
    commands.run(BIN / "prisma", "generate")


RUN_LOCK, DEV_LOCK = "requirements.lock", "requirements-dev.lock"
NODE = Step("Node.js", (NODE_FROM_PYPI,), node, which_node)
PACKAGES = Step("Python packages", ("pyproject.toml", RUN_LOCK), python_packages(RUN_LOCK))
DEV_PACKAGES = Step("Python packages for tests", ("pyproject.toml", DEV_LOCK), python_packages(DEV_LOCK))
ENGINES = Step("database engines", ("app/storage/engine/package-lock.json",), npm("app/storage/engine"))
CLIENT = Step("database client", ("schema.prisma", "prisma.config.mjs", RUN_LOCK), prisma_client)
WEB = Step("web pages", ("web/package-lock.json", "web/*.*", "web/src/**/*"), build_web)
TEST_CLIENTS = Step("JavaScript packages for tests", ("tests/node/package-lock.json",), npm("tests/node"))
EXAMPLES = Step("JavaScript packages for examples", ("examples/package-lock.json",), npm("examples"))
BROWSER_DRIVER = Step("browser driver for tests", ("tests/browser/package-lock.json",), npm("tests/browser"))

PHASES: dict[str, list[list[list[Step]]]] = {
    "run": [
        [[NODE]],
        [[PACKAGES], [ENGINES, WEB]],
        [[CLIENT]],
    ],
    "dev": [
        [[NODE]],
        [[PACKAGES, DEV_PACKAGES], [ENGINES, WEB, TEST_CLIENTS, EXAMPLES, BROWSER_DRIVER]],
        [[CLIENT]],
    ],
}
"""Per goal, phases one after the other, each of lanes side by side: pip in one, npm in the other."""

if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except (InstallError, OSError) as error:
        sys.exit(f"parley: {error}")
    except KeyboardInterrupt:
        sys.exit("parley: installation interrupted; the next `make` goes on from here")
