"""The lock files say what pyproject.toml asks for, exactly, and from nowhere in particular."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYTHON_LOCKS = ["requirements.lock", "requirements-dev.lock", "tools/requirements-node.lock"]
NODE_LOCKS = [
    f"{folder}/package-lock.json"
    for folder in (
        "app/storage/engine",
        "web",
        "tests/node",
        "tests/browser",
        "examples",
        "bench/delivery",
        "bench/reading",
    )
]


def locked(lock: str) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


@pytest.mark.parametrize(
    ("lock", "extras"), [("requirements.lock", ["build"]), ("requirements-dev.lock", ["build", "dev"])]
)
def test_what_is_asked_for_is_locked(lock: str, extras: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(each) for each in project["dependencies"]]
    wanted += [Requirement(each) for extra in extras for each in project["optional-dependencies"][extra]]
    versions = locked(lock)
    unmet = [str(each) for each in wanted if versions.get(canonicalize_name(each.name), "") not in each.specifier]
    assert unmet == []


def test_what_runs_is_what_is_tested() -> None:
    tested = locked("requirements-dev.lock")
    assert {name: version for name, version in locked("requirements.lock").items() if tested.get(name) != version} == {}


@pytest.mark.parametrize("lock", PYTHON_LOCKS)
def test_every_python_package_is_known_by_its_hash_and_no_registry_is_named(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", NODE_LOCKS)
def test_every_node_package_is_known_by_its_hash_and_no_registry_is_named(lock: str) -> None:
    packages = json.loads((ROOT / lock).read_text())["packages"]
    installed = {name: each for name, each in packages.items() if name}
    assert [name for name, each in installed.items() if "integrity" not in each and not each.get("inBundle")] == []
    assert [name for name, each in installed.items() if "resolved" in each] == []
