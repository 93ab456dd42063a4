"""The parts of the schema engine that need no database, tested where they run."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from app.storage.node import find_node
from tests.storage.cli.project import ENGINE, ROOT


def test_the_parts_do_what_their_tests_say() -> None:
    done = subprocess.run(
        [find_node(), "--test", "--test-reporter=spec", Path(__file__).with_name("schema-engine.test.mjs")],
        env={**os.environ, "ENGINE": str(ROOT / ENGINE), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_engines_are_of_the_version_that_the_command_line_expects() -> None:
    wanted = json.loads((ROOT / ENGINE / "node_modules/@prisma/engines-version/package.json").read_text())
    postgres = (ROOT / ENGINE / "postgres.mjs").read_text()
    assert f"VERSION = '{wanted['prisma']['enginesVersion']}'" in postgres
    installed = json.loads((ROOT / ENGINE / "package.json").read_text())["dependencies"]
    assert installed["@prisma/schema-engine-wasm"].endswith(wanted["prisma"]["enginesVersion"])
