"""`schema.graphql` is what clients are generated from: it is that of the code, and takes nothing away unannounced."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema

from app.api.graphql.schema import schema
from tests.api.graphql.breaking_changes import unannounced

ROOT = Path(__file__).parents[3]
RELEASED = build_schema(Path(__file__).with_name("released.graphql").read_text())
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()

BEFORE = "type Query { a(x: Int): Int m: Mode } enum Mode { ON OFF } type Gone { a: Int }"


def test_the_committed_schema_is_that_of_the_code() -> None:
    assert (ROOT / "schema.graphql").read_text() == f"{schema.as_str()}\n", "run `make schema`"


def test_nothing_is_taken_from_clients_that_the_changelog_does_not_tell() -> None:
    assert unannounced(RELEASED, schema._schema, CHANGELOG) == []


@pytest.mark.parametrize(
    ("now", "subject"),
    [
        ("type Query { m: Mode g: Gone } enum Mode { ON OFF } type Gone { a: Int }", "Query.a"),
        ("type Query { a(x: Int!): Int m: Mode } enum Mode { ON OFF } type Gone { a: Int }", "Query.a(x:)"),
        ("type Query { a(x: Int): Int m: Mode } enum Mode { ON } type Gone { a: Int }", "Mode.OFF"),
        ("type Query { a(x: Int): Int m: Mode } enum Mode { ON OFF }", "Gone"),
    ],
)
def test_what_is_taken_is_noticed_until_the_changelog_names_it(now: str, subject: str) -> None:
    released, changed = build_schema(BEFORE), build_schema(now)
    silent = "## [Unreleased]\n\n### Added\n\n- `Query.b`\n\n## [0.1.0]\n\n### Breaking\n\n- `" + subject + "`\n"
    assert len(unannounced(released, changed, silent)) == 1
    told = f"## [Unreleased]\n\n### Breaking\n\n- `{subject}` is gone.\n\n### Added\n"
    assert unannounced(released, changed, told) == []
