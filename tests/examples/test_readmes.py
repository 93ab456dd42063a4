"""What the examples' READMEs say is so."""

from __future__ import annotations

import re

from tests.examples.printed import EXAMPLES, command
from tests.examples.test_programs import PROGRAMS

TESTED = {*PROGRAMS, "apollo_react"}


def test_every_example_is_told_and_tested() -> None:
    folders = {path.parent.name for path in EXAMPLES.glob("*/README.md")}
    told = set(re.findall(r"^\| \[(\w+)\]", (EXAMPLES / "README.md").read_text(), re.MULTILINE))
    assert folders == told == TESTED
    assert all(command(each) for each in TESTED)


def test_every_file_that_is_named_is_there() -> None:
    targets = re.findall(r"\]\((?!https?://)([^)#]+)", (EXAMPLES / "README.md").read_text())
    assert [target for target in targets if not (EXAMPLES / target).exists()] == []
