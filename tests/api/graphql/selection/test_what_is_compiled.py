"""Which fields are left to graphql-core, and that all others are not: else everything would be right, and slow."""

from __future__ import annotations

import enum
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import strawberry
from graphql import AbortController, ExecutionHooks, build_schema, parse

from app.api.graphql.executor import CompilingExecutor
from tests.api.graphql.selection.everything import SCHEMA, Plain
from tests.api.graphql.selection.execution import ORDINARY, Execution, run
from tests.api.graphql.selection.generated_values import WRONG, Later, Missing, Richer, spoil, wholly
from tests.api.graphql.selection.seen import Broken, Seen

GRAPHQL = SCHEMA._schema

RICH = """
    kind: __typename id title number maybeNumber ratio flag colour maybeColour at document maybeDocument written
    numbers grid
    part { name size } maybePart { name } parts { size } plain { part { name } parts { name } whole { id } }
    things { __typename id ... on Rich { number } ... on Plain { part { name } } }
"""


async def compiled(document: str, value: Any, **options: Any) -> Execution:
    """What CompilingExecutor makes of it the second time, which is what the ordinary one does."""
    parsed = parse(document)
    ordinary = await run(ORDINARY, GRAPHQL, parsed, Seen(value), **options)
    await run(CompilingExecutor, GRAPHQL, parsed, Seen(value), **options)
    found = await run(CompilingExecutor, GRAPHQL, parsed, Seen(value), **options)
    assert found.results == ordinary.results
    return found


@pytest.mark.parametrize(
    ("document", "executed"),
    [
        (f"{{ rich {{ {RICH} inner {{ {RICH} }} inners {{ {RICH} }} }} }}", ["Query.rich"]),
        (f"{{ riches {{ {RICH} }} }}", ["Query.riches"]),
        (f"{{ thing {{ id ... on Rich {{ {RICH} }} }} }}", ["Query.thing"]),
        ("{ things { id title } }", ["Query.things"]),
        ("{ rich { inner { inner { id } } ...F } } fragment F on Thing { id inner: title }", ["Query.rich"]),
        ("{ rich { id @skip(if: true) title @include(if: false) } }", ["Query.rich"]),
        ("{ rich { number said title } }", ["Query.rich", "Rich.said"]),
        ("{ rich { loaded { number } title } }", ["Query.rich", "Rich.loaded"]),
        ("{ rich { loaded { number said } } }", ["Query.rich", "Rich.loaded", "Rich.said"]),
        (
            "{ rich { inners { number said } plain { id } } }",
            ["Query.rich", "Rich.inners", "Rich.said"],
        ),
        ("{ rich { loadedPart { name } loadedThing { id } } }", ["Query.rich", "Rich.loadedPart", "Rich.loadedThing"]),
        ("{ rich { shouted slotted { name } paint } }", ["Query.rich"]),
        ("{ rich { paint blend } }", ["Query.rich", "Rich.paint", "Rich.blend"]),
        ('{ rich { foreseen(times: 2, marks: {before: "<"}) foreseenAtOnce } }', ["Query.rich"]),
        ("query ($n: Int = 3) { rich { foreseen(times: $n) foreseenInner(times: $n) { id } } }", ["Query.rich"]),
        (
            'query ($t: String! = "x") { rich { foreseen(marks: {after: [$t]}) a: foreseen(marks: {before: $t}) } }',
            ["Query.rich"],
        ),
        ("{ rich { inners { foreseenInner { foreseen } } inner { foreseen } } }", ["Query.rich"]),
        ("{ rich { foreseenInner { said number } } }", ["Query.rich", "Rich.foreseenInner", "Rich.said"]),
        ('{ rich { number foreseen(times: "x") } }', ["Query.rich", "Rich.foreseen"]),
        ("mutation { change { number } }", ["Mutation.change"]),
        ("subscription { thing { id title __typename ... on Rich { number numbers } } }", ["Subscription.thing"]),
        ("subscription { riches { id parts { name } } }", []),
    ],
)
async def test_only_what_has_a_resolver_is_executed(document: str, executed: list[str]) -> None:
    found = await compiled(document, wholly(inner=wholly()))
    assert found.executed == executed  # the one event of `thing` that is null where none may be is told by graphql-core


@pytest.mark.parametrize("list_of_them", ["loaded { number }", "inners { id parts { name } }", "things { id title }"])
async def test_a_list_of_what_is_plain_is_completed_as_a_whole(list_of_them: str) -> None:
    found = await compiled(f"{{ rich {{ said {list_of_them} }} }}", wholly(inner=wholly()))
    assert found.completed == ["Rich"]


@pytest.mark.parametrize(
    "document",
    [
        "{ rich { number } __schema { types { name fields { name type { name ofType { name } } } } } }",
        '{ __type(name: "Rich") { name interfaces { name } } __typename rich { number } }',
    ],
)
async def test_introspection_is_left_to_graphql_core(document: str) -> None:
    assert "Rich.number" not in (await compiled(document, wholly())).executed


@pytest.mark.parametrize("field", ["foreseen", "foreseenAtOnce", "neverForeseen"])
async def test_what_is_not_known_yet_is_waited_for(field: str) -> None:
    outer = wholly(inner=wholly("not known"))
    found = await compiled(f"{{ rich {{ foreseen inner {{ id title {field} }} }} }}", outer)
    assert found.executed[-3:] == ["Rich.id", "Rich.title", f"Rich.{field}"]
    assert found.results[0][1] == []


async def test_what_is_not_known_of_one_object_is_known_of_others() -> None:
    outer = wholly()
    outer.inners = [wholly(), wholly("not known"), wholly()]
    found = await compiled("{ rich { said inners { foreseen } } }", outer)
    assert found.executed == ["Query.rich", "Rich.said", "Rich.inners", "Rich.foreseen"]


async def test_each_execution_has_its_own_variables() -> None:
    document = parse("query ($n: Int) { rich { foreseen(times: $n) } }")
    for number in (1, 2, 1):
        found = await run(CompilingExecutor, GRAPHQL, document, Seen(wholly()), {"n": number})
        assert f"{number * 'whole'}None" in found.results[0][0]


async def test_a_context_that_cannot_tell_what_it_knows_has_nothing_foreseen() -> None:
    class Plainly:
        async def find(self, title: str) -> str:
            return title

        def call(self, _info: object) -> None:
            pass

        value = wholly()

    found = await run(CompilingExecutor, GRAPHQL, "{ rich { foreseen } }", Plainly())
    assert found.executed == ["Query.rich", "Rich.foreseen"]
    assert found.results[0][1] == []


async def test_an_event_with_a_resolver_in_it_is_executed_and_others_are_not() -> None:
    document = "subscription { thing { id ... on Rich { said } } }"
    assert (await compiled(document, wholly().plain)).executed == ["Subscription.thing"]  # of null
    rich = ["Subscription.thing", "Rich.said"]
    assert (await compiled(document, wholly())).executed == [*rich, "Subscription.thing", *rich]


class Shade(enum.Enum):
    """Another enum with a member of that name."""

    RED = "#f00"


async def test_an_event_is_a_value_only_where_strawberry_says_so() -> None:
    """Elsewhere it has the value as an attribute, as graphql-core has it."""
    schema = build_schema("type Query { a: Int } type Subscription { imag: Float }")

    async def numbers(*_: object) -> AsyncGenerator[float]:
        yield 1.5

    root = {"imag": numbers}
    ordinary = await run(ORDINARY, schema, "subscription { imag }", None, root_value=root)
    found = await run(CompilingExecutor, schema, "subscription { imag }", None, root_value=root)
    assert found.results == ordinary.results == [('{"imag": 0.0}', [])]


ATTRIBUTES = (
    "number ratio flag colour at document written numbers part { name } parts { name } plain { id } things { id }"
)
OF: dict[str, list[object]] = {
    "number": [None, 2**31, -(2**31) - 1, True, "7", 1.0, Missing, Broken("a value")],
    "ratio": [None, 1, float("nan"), float("inf"), "1"],
    "flag": [None, 1, "true"],
    "colour": [None, "RED", "red", Shade.RED, Broken("a value")],
    "at": [None, "2026-01-01", WRONG],
    "document": [None, object(), Broken("a value")],
    "written": [None, "", Broken("a value"), Later("x")],
    "numbers": [None, (1, 2), [1, None], ["7"], range(2), {"1": 1}],
    "part": [None, {"name": "x"}, wholly().plain],
    "parts": [None, (), [None]],
    "plain": [wholly(), {}],
    "things": [None, [None], [wholly().part], [Richer(**vars(wholly()))]],
}


@pytest.mark.parametrize(("attribute", "value"), [(name, each) for name, values in OF.items() for each in values])
async def test_a_value_that_is_not_quite_of_its_type_is_completed_by_graphql_core(
    attribute: str, value: object
) -> None:
    rich = wholly()
    spoil(rich, attribute, value)
    assert f"Rich.{attribute}" in (await compiled(f"{{ rich {{ {ATTRIBUTES} }} }}", rich)).executed


async def test_what_is_wrong_with_one_object_is_executed_in_no_other() -> None:
    good, bad = wholly(), wholly()
    bad.number = 2**31
    outer = wholly()
    outer.inners = [good, bad, good]
    found = await compiled("{ rich { id inners { id number } } }", outer)
    assert found.executed == ["Query.rich", "Rich.id", "Rich.inners", "Rich.id", "Rich.number"]


async def test_an_object_of_a_class_derived_from_the_types_own_is_completed_by_graphql_core() -> None:
    found = await compiled("{ rich { number } }", Richer(**vars(wholly())))
    assert found.executed == ["Query.rich", "Rich.number"]


@pytest.mark.parametrize(
    "document",
    ["{ rich { things { __typename id } } }", "{ thing { __typename id } }", "subscription { each { __typename id } }"],
)
async def test_an_object_that_was_cast_to_another_type_is_of_that_type(document: str) -> None:
    cast = strawberry.cast(Plain, wholly())
    outer = wholly()
    outer.things = [cast]
    found = await compiled(document, outer if "rich" in document else cast)
    assert '{"__typename": "Plain", "id": "rich"}' in found.results[0][0]
    assert "Plain.id" in found.executed


async def test_a_field_with_middleware_is_executed() -> None:
    def shouted(next_: Any, source: Any, info: Any, **arguments: Any) -> Any:
        found = next_(source, info, **arguments)
        return f"{found}!" if info.field_name == "title" else found

    found = await compiled("{ thing { title } }", wholly(), middleware=[shouted])
    assert found.results == [('{"thing": {"title": "whole!"}}', [])]


async def test_an_execution_that_can_be_aborted_is_left_to_graphql_core() -> None:
    found = await compiled("{ rich { title } }", wholly(), abort_signal=AbortController().signal)
    assert found.executed == ["Query.rich", "Rich.title"]


async def test_an_execution_that_tells_when_it_has_ended_does_so() -> None:
    ended: list[object] = []
    hooks = ExecutionHooks(async_work_finished=ended.append)
    found = await compiled("subscription { riches { title } }", wholly(), hooks=hooks)
    assert found.executed == ["Subscription.riches", "Rich.title", "Subscription.riches"]
    assert len(ended) == 3 * 2  # one of each event, of each execution


@pytest.mark.parametrize(
    "document",
    [
        "{ rich { title @shout } }",
        "{ rich { ... @shout { title } } }",
        "{ rich { ...F @shout } } fragment F on Rich { title }",
        "query @experimental_disableErrorPropagation { rich { title } }",
        "{ rich { ...F } } fragment F on Rich @shout { title }",
    ],
)
async def test_a_document_with_another_directive_is_executed(document: str) -> None:
    assert (await compiled(document, wholly())).executed == ["Query.rich", "Rich.title"]


async def test_an_argument_that_cannot_be_is_refused_where_it_is_given() -> None:
    found = await compiled('{ rich { title said(times: "x") number } }', wholly())
    assert found.executed == ["Query.rich", "Rich.said"]
    ((_, errors),) = found.results
    assert [path for _, path, *_ in errors] == [["rich", "said"]]
