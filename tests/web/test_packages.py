"""The npm packages of the pages: locked for every machine that builds them, from whatever registry it uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ["web/package-lock.json", "tests/browser/package-lock.json"]


@pytest.mark.parametrize("path", LOCKS)
def test_a_lock_names_no_registry_and_needs_no_install_script(path: str) -> None:
    packages = _packages(path)
    assert [name for name, package in packages.items() if "resolved" in package or "hasInstallScript" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


@pytest.mark.parametrize("path", LOCKS)
def test_every_direct_package_is_pinned_to_one_version(path: str) -> None:
    root = _packages(path)[""]
    pinned = root.get("dependencies", {}) | root.get("devDependencies", {})
    assert [name for name, version in pinned.items() if not version.replace(".", "").isdigit()] == []


def test_the_telemetry_that_swagger_ui_would_install_is_replaced_by_a_package_that_is_there_anyway() -> None:
    packages = _packages("web/package-lock.json")
    telemetry = [package for path, package in packages.items() if path.endswith("node_modules/@scarf/scarf")]
    assert telemetry == [packages["node_modules/clsx"] | {"name": "clsx"}]


@pytest.mark.parametrize(
    "platform",
    ["linux-x64-gnu", "linux-arm64-gnu", "linux-x64-musl", "linux-arm64-musl", "darwin-x64", "darwin-arm64"],
)
@pytest.mark.parametrize("binary", ["@rolldown/binding", "lightningcss"])
def test_the_build_runs_on_every_platform(binary: str, platform: str) -> None:
    assert _packages("web/package-lock.json")[f"node_modules/{binary}-{platform}"]["optional"] is True


def _packages(path: str) -> dict[str, Any]:
    packages: dict[str, Any] = json.loads((ROOT / path).read_text())["packages"]
    return packages
