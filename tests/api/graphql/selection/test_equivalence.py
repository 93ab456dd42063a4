"""The contract: whatever is selected of whatever objects, compiled selections answer as graphql-core does.

An upgrade of graphql-core or Strawberry that passes these tests may be taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from graphql import parse

from app.api.graphql.executor import CompilingExecutor
from tests.api.graphql.selection.everything import SCHEMA
from tests.api.graphql.selection.execution import ORDINARY, run
from tests.api.graphql.selection.generated_documents import Writer
from tests.api.graphql.selection.generated_values import any_rich, wholly
from tests.api.graphql.selection.seen import Call, Seen

GRAPHQL = SCHEMA._schema
DOCUMENTS = 120
"""Of each kind, with so much wrong."""

ARGUMENTS = {
    "Rich.said": ["", "(times: 3)", "(times: null)", '(times: "3")'],
    "Rich.saidLater": ["", "(times: 1)", "(times: null)"],
    "Rich.foreseen": [
        "",
        "(times: 2, colour: GREEN)",
        "(times: $number, colour: null)",
        "(times: null, marks: {})",
        '(marks: {before: "[", after: "]"})',
        '(marks: {after: ["]", $text]})',
        "(marks: {before: $text})",
        '(times: "2")',
        "(colour: BLUE)",
    ],
    "Rich.foreseenInner": ["", "(times: 2)", "(times: $number)", "(times: -1)"],
}


async def compare(document: str, value: Any, variables: dict[str, Any]) -> float:
    """Twice: what is kept of the first execution serves the second.

    Returns:
        What part of the fields that graphql-core executes by itself it has to execute still.
    """
    parsed = parse(document)
    context = Seen(value)
    ordinary = await run(ORDINARY, GRAPHQL, parsed, context, variables)
    for _ in range(2):
        other = Seen(value)
        compiled = await run(CompilingExecutor, GRAPHQL, parsed, other, variables)
        assert compiled.results == ordinary.results, document
        assert in_order(other.calls, document) == in_order(context.calls, document), document
    return len(compiled.executed) / max(len(ordinary.executed), 1)


def in_order(calls: Iterable[Call], document: str) -> list[Call]:
    """As they came; but beside a field that is foreseen others come earlier, which is free where fields are executed
    in parallel: GraphQL specification, 6.2. The root fields of a mutation follow one another.
    """
    if "oreseen" not in document:
        return list(calls)
    found = sorted(calls, key=repr)
    if document.startswith("mutation"):
        began = list(dict.fromkeys(each[0][0] for each in calls))
        found.sort(key=lambda each: began.index(each[0][0]))
    return found


@pytest.mark.parametrize("wrong", [0, 1, 4])
@pytest.mark.parametrize("kind", ["query", "mutation", "subscription"])
async def test_every_selection_of_every_object_is_answered_as_graphql_core_does(kind: str, wrong: int) -> None:
    random = Random(f"{kind} {wrong}")
    writer = Writer(GRAPHQL, random, ARGUMENTS)
    left = []
    for _ in range(DOCUMENTS):
        value = any_rich(random, wrong) if wrong else wholly(inner=wholly())
        left.append(await compare(writer.document(kind), value, any_variables(random)))
    assert wrong or sum(left) / len(left) < 0.6


def any_variables(random: Random) -> dict[str, Any]:
    """Null for a condition is an error, which only execution finds."""
    given: dict[str, Any] = {each: random.random() < 0.5 for each in ("yes", "no")}
    if random.random() < 0.4:
        given["perhaps"] = random.choice([True, False, None])
    if random.random() < 0.4:
        given["number"] = random.choice([None, 0, 1, 3])
    if random.random() < 0.6:
        given["text"] = random.choice([None, "", "é"])
    return given
