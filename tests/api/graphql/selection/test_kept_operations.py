from __future__ import annotations

import gc
import weakref
from itertools import product

import pytest
from graphql import DocumentNode, FragmentDefinitionNode, OperationDefinitionNode, build_schema, parse

from app.api.graphql.executor import CompilingExecutor
from app.api.graphql.selection.compiled_operation import MAX_KEPT, CompiledOperation
from app.api.graphql.selection.kept_operations import MAX_VARIANTS, compiled_operation
from tests.api.graphql.selection.everything import SCHEMA, Rich
from tests.api.graphql.selection.execution import ORDINARY, run
from tests.api.graphql.selection.generated_values import wholly
from tests.api.graphql.selection.seen import Seen

GRAPHQL = SCHEMA._schema
STEERED = """
query ($a: Boolean!, $b: Boolean!, $c: Boolean!, $times: Int) {
  rich { id @skip(if: $a) ... @include(if: $b) { title } ...F said(times: $times) }
}
fragment F on Rich { number @skip(if: $c) }
"""


def kept(document: DocumentNode, **variables: object) -> CompiledOperation | None:
    operation, *fragments = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    given = [each for each in fragments if isinstance(each, FragmentDefinitionNode)]
    return compiled_operation(GRAPHQL, operation, given, variables, dict)


def test_an_operation_is_compiled_once_for_all_values_of_variables_that_select_nothing() -> None:
    document = parse(STEERED)
    first = kept(document, a=True, b=False, c=True, times=1)
    assert first
    assert kept(document, a=True, b=False, c=True, times=2) is first


@pytest.mark.parametrize("other", [(False, False, True), (True, True, True), (True, False, False)])
def test_it_is_another_one_where_something_else_is_selected(other: tuple[bool, bool, bool]) -> None:
    document = parse(STEERED)
    assert kept(document, a=True, b=False, c=True) is not kept(document, **dict(zip("abc", other, strict=True)))


def test_documents_that_say_the_same_have_each_its_own() -> None:
    """Errors are told with the places of the document that was sent."""
    one, other = parse("{ rich { id } }"), parse("{   rich { id } }")
    assert kept(one) is not kept(other)


def test_schemas_have_each_its_own() -> None:
    document = parse("{ rich { id } }")
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    other = compiled_operation(build_schema("type Query { rich: Int }"), operation, [], {}, dict)
    assert kept(document) is not other


def test_no_more_is_kept_of_an_operation_than_a_few_of_what_it_may_select() -> None:
    document = parse(STEERED)
    made = [
        weakref.ref(kept(document, **dict(zip("abc", each, strict=True)))) for each in product([True, False], repeat=3)
    ]
    gc.collect()
    assert [bool(each()) for each in made] == [False] * (len(made) - MAX_VARIANTS) + [True] * MAX_VARIANTS


def test_nothing_is_kept_of_a_document_that_is_gone() -> None:
    document = parse(STEERED)
    made = weakref.ref(kept(document, a=True, b=True, c=True))
    assert made()
    del document
    gc.collect()
    assert made() is None


async def test_nothing_is_kept_of_an_execution_that_has_ended() -> None:
    document = parse("{ rich { id said loaded { title } parts { name } } }")
    value, context = wholly(inner=wholly()), Seen(None)
    context.value = value
    gone = weakref.ref(value), weakref.ref(context)
    await run(CompilingExecutor, GRAPHQL, document, context)
    del value, context
    gc.collect()
    assert [each() for each in gone] == [None, None]


@pytest.mark.parametrize(
    "document",
    [
        "{ rich { id said loaded { title ...F } parts { name } } }",
        "{ rich { loadedThing { id ...F } loaded { title } } }",
        "{ rich { maybeNumber loaded { title ...F } } }",
        "subscription { thing { id ...F } }",
    ],
)
async def test_the_second_execution_adds_nothing_to_what_the_first_has_found_out(document: str) -> None:
    parsed = parse(f"{document} fragment F on Rich {{ said inners {{ number loadedPart {{ name }} }} }}")
    found = []
    for _ in range(2):
        value = wholly(inner=wholly())
        value.maybe_number = 2**31  # so that graphql-core has to go on
        await run(CompilingExecutor, GRAPHQL, parsed, Seen(value))
        operation = kept(parsed)
        assert operation
        found.append((len(operation._selections), len(operation._completions)))
    assert found[0] == found[1] > (0, 0)


async def test_fragments_within_fragments_cannot_fill_the_memory() -> None:
    """They select 4 fields on each of 6 levels, which are more than 5,000 selections of a short document."""
    levels = 6
    fragments = [
        f"fragment F{each} on Rich {{ id ...G{each} inner {{ ...F{each + 1} }} a: inner {{ ...F{each + 1} }} }}"
        f"fragment G{each} on Rich {{ b: inner {{ ...F{each + 1} }} inners {{ said ...F{each + 1} }} }}"
        for each in range(levels)
    ]
    document = parse("\n".join(["{ rich { ...F0 } }", *fragments, f"fragment F{levels} on Rich {{ title }}"]))
    value: Rich | None = None
    for _ in range(levels + 1):
        value = wholly(inner=value)
    ordinary, compiled = Seen(value), Seen(value)
    expected = await run(ORDINARY, GRAPHQL, document, ordinary)
    for _ in range(2):
        found = await run(CompilingExecutor, GRAPHQL, document, compiled)
        assert found.results == expected.results
    assert list(compiled.calls) == list(ordinary.calls) * 2
    operation = kept(document)
    assert operation
    most = MAX_KEPT + levels  # those that the last one is made of may come before it
    assert MAX_KEPT <= len(operation._selections) + len(operation._completions) <= most
