"""What a schema takes from clients of an older one, and whether the changelog tells them."""

from __future__ import annotations

import re

from graphql import GraphQLSchema, find_breaking_changes

HEADING = "### Breaking"

_MEMBER = re.compile(r"\b[A-Z]\w*\.\w+(?:\(\w+:\))?")
"""As graphql-core names a field, an argument or a value of a type: `Query.message`, `Query.message(id:)`."""


def unannounced(released: GraphQLSchema, now: GraphQLSchema, changelog: str) -> list[str]:
    """The breaking changes whose type, field or argument no line under `### Breaking` of what is unreleased names."""
    unreleased = changelog.partition("## [Unreleased]")[2].partition("\n## ")[0]
    announced = unreleased.partition(HEADING)[2].partition("\n### ")[0]
    changes = [change.description for change in find_breaking_changes(released, now)]
    return [change for change in changes if f"`{_subject(change)}`" not in announced]


def _subject(change: str) -> str:
    member = _MEMBER.search(change)
    return member.group() if member else change.split(maxsplit=1)[0]
