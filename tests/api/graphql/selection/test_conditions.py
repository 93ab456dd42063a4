from __future__ import annotations

import sys

import pytest
from graphql import (
    ExecutableDefinitionNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from app.api.graphql.selection.conditions import Unpredictable, condition_variables


def conditions(document: str, *, fragment_arguments: bool = False) -> tuple[str, ...]:
    parsed = parse(document, experimental_fragment_arguments=fragment_arguments)
    return condition_variables([each for each in parsed.definitions if isinstance(each, ExecutableDefinitionNode)])


@pytest.mark.parametrize(
    ("document", "variables"),
    [
        ("{ a }", set()),
        ("query ($v: Int) { a(b: $v) }", set()),
        ("query ($v: Int @odd) { a(b: $v) }", set()),
        ("{ a @skip(if: true) }", set()),
        ("query ($v: Boolean!) { a @skip(if: $v) }", {"v"}),
        ("query ($v: Boolean!, $w: Boolean!) { a { b @skip(if: $v) @include(if: $w) } }", {"v", "w"}),
        ("query ($v: Boolean!) { ... @include(if: $v) { a } b @skip(if: $v) }", {"v"}),
        ("query ($v: Boolean!) { ...F @include(if: $v) } fragment F on Query { a }", {"v"}),
        ("query ($v: Boolean!) { ...F } fragment F on Query { a { ... { b @include(if: $v) } } }", {"v"}),
    ],
)
def test_what_is_selected_depends_on_the_variables_of_conditions_alone(document: str, variables: set[str]) -> None:
    assert set(conditions(document)) == variables


@pytest.mark.parametrize(
    "document",
    [
        "query @live { a }",
        "{ a @other }",
        "{ a { b @skip(if: true) @other } }",
        "{ ... @defer { a } }",
        "{ ...F @defer } fragment F on Query { a }",
        "{ ...F } fragment F on Query @other { a }",
        "{ ...F } fragment F on Query { a @stream(initialCount: 1) }",
    ],
)
def test_it_cannot_be_told_of_a_document_with_other_directives(document: str) -> None:
    with pytest.raises(Unpredictable):
        conditions(document)


def test_it_cannot_be_told_of_fragments_with_arguments() -> None:
    document = "{ ...F(v: true) } fragment F($v: Boolean!) on Query { a @skip(if: $v) }"
    with pytest.raises(Unpredictable):
        conditions(document, fragment_arguments=True)


def test_selections_may_be_nested_deeper_than_python_can_follow_by_itself() -> None:
    operation = parse("query ($v: Boolean!) { a @skip(if: $v) }").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    selections = operation.selection_set
    for _ in range(sys.getrecursionlimit()):
        selections = SelectionSetNode(selections=(InlineFragmentNode(selection_set=selections),))
    deep = OperationDefinitionNode(operation=operation.operation, selection_set=selections)
    assert condition_variables([deep]) == ("v",)
