"""The `parley` command, as far as it needs no server."""

from __future__ import annotations

import tomllib
from pathlib import Path

from click.testing import CliRunner

from app.cli import cli

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def test_an_operator_can_ask_which_release_this_is() -> None:
    released = tomllib.loads(PYPROJECT.read_text())["project"]["version"]
    asked = CliRunner().invoke(cli, ["--version"])
    assert (asked.exit_code, asked.output) == (0, f"parley {released}\n")
