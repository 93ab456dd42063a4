"""The shape of the source: what may know what, what an import may do, and how long things may get."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
APP = ROOT / "app"
MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 40

MODULES = sorted(path for path in APP.rglob("*.py") if "node_modules" not in path.parts)

AUDITED_IMPORT = """
import importlib, os, sys, threading

done = []

def watch(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.fork", "os.system",
                 "os.exec", "os.posix_spawn", "os.mkdir", "os.rename", "os.remove"):
        done.append((event, arguments))
    elif event == "open":
        path, mode, flags = arguments
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            done.append((event, arguments))

sys.dont_write_bytecode = True
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
    for each in done:
        print(name, *each)
    if threading.active_count() > 1:
        print(name, threading.enumerate())
    done.clear()
"""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports_of(path: Path) -> Iterator[str]:
    """The modules that a file imports, also those for the type checker only and those within functions."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} has a relative import"
            yield node.module or ""


def test_the_domain_rests_on_the_standard_library_alone() -> None:
    for path in (APP / "chat").rglob("*.py"):
        for imported in imports_of(path):
            known = imported.split(".")[0] in sys.stdlib_module_names or imported.startswith("app.chat")
            assert known, f"{name_of(path)} imports {imported}"


def test_only_the_composition_root_reads_settings() -> None:
    who = {name_of(path) for path in MODULES for imported in imports_of(path) if imported == "app.settings"}
    assert who == {"app.cli", "app.main"}


def test_only_storage_knows_prisma() -> None:
    who = {name_of(path) for path in MODULES if any(each.split(".")[0] == "prisma" for each in imports_of(path))}
    assert who
    assert all(name.startswith("app.storage.") for name in who)


def test_every_contract_on_imports_is_kept() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_any_module_opens_nothing(tmp_path: Path) -> None:
    """No connection, no process, no thread, no file that is written: only what is run may do that."""
    done = subprocess.run(
        [sys.executable, "-c", AUDITED_IMPORT, *map(name_of, MODULES)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_is_for_in_a_file_that_can_be_read_at_one_sitting(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)), "has no docstring"
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= MOST_LINES_OF_A_FILE, f"has {lines} lines"


def test_every_function_is_short() -> None:
    too_long = [
        f"{name_of(path)}.{node.name}: {length} lines"
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    ]
    assert too_long == []


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"])
def test_no_module_is_named_after_nothing(name: str) -> None:
    assert not [name_of(path) for path in MODULES if path.stem == name or path.parent.name == name]
