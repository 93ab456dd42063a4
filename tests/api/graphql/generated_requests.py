"""Requests made from the schema by Hypothesis, the same ones in every run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    StringValueNode,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import Mode, mutations, queries

Example = TypeVar("Example")

_REPEATABLE = settings(derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))

ANY_TEXT = st.text(st.characters(), max_size=12)
"""Also what cannot be stored: NUL and lone surrogates."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)
HERE = ("conversation-here", "message-here", "reply-here")
"""Stand for ids of what is there, to be put in before a request is sent."""
IDS = st.sampled_from([*HERE * 3, "conv_" + "0" * 26, "msg_7" + "z" * 25, "msg_" + "8" * 26, "msg_", "", "x"])
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "Boolean": st.booleans(),
    "Float": st.floats(-3, 3) | st.floats(allow_nan=False, allow_infinity=False),
    "ID": IDS,
    "Int": st.integers(-1, 4) | st.integers(-(2**31), 2**31 - 1),
    "JSON": st.dictionaries(ANY_TEXT, JSON, max_size=3) | JSON,
    "String": st.text(max_size=12) | st.text("abc", max_size=3) | st.just("demo-fast") | ANY_TEXT,
}
_ID_LITERALS = {
    "ID": IDS.map(lambda value: StringValueNode(value=value)),
    "JSON": st.text(max_size=8).map(lambda value: StringValueNode(value=value)),
}


@dataclass(frozen=True, slots=True)
class GeneratedRequest:
    query: str
    variables: dict[str, Any] = field(default_factory=dict)


def documents(schema: GraphQLSchema, count: int, *, mode: Mode = Mode.POSITIVE) -> Iterator[GeneratedRequest]:
    """Queries and mutations with values written into them, so many of each.

    Args:
        mode: NEGATIVE makes each break the schema in one place.
    """
    for generate in (queries, mutations):
        strategy = generate(schema, custom_scalars=_ID_LITERALS, mode=mode)
        yield from (GeneratedRequest(each) for each in examples(strategy, count))


def operations(schema: GraphQLSchema, count: int) -> Iterator[GeneratedRequest]:
    """Of each root field so many operations, all arguments of which are variables; some values are of wrong types."""
    for kind, root in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        for name, each in root.fields.items() if root else ():
            query = _operation(kind, name, each)
            arguments = {key: _variable(value) for key, value in each.args.items()}
            required = {key for key, value in each.args.items() if is_required_argument(value)}
            strategy = st.fixed_dictionaries(
                {key: value for key, value in arguments.items() if key in required},
                optional={key: value for key, value in arguments.items() if key not in required},
            )
            yield from (GeneratedRequest(query, values) for values in examples(strategy, count))


def examples(strategy: st.SearchStrategy[Example], count: int) -> list[Example]:
    found: list[Example] = []

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(strategy)
    def collect(example: Example) -> None:
        found.append(example)

    collect()
    return found


def _operation(kind: str, name: str, each: GraphQLField) -> str:
    declared = ", ".join(f"${key}: {value.type}" for key, value in each.args.items())
    given_arguments = ", ".join(f"{key}: ${key}" for key in each.args)
    selection = "" if is_leaf_type(get_named_type(each.type)) else " { __typename }"
    return (
        f"{kind} ({declared}) {{ {name}({given_arguments}){selection} }}"
        if declared
        else f"{kind} {{ {name}{selection} }}"
    )


def _variable(argument: GraphQLArgument) -> st.SearchStrategy[Any]:
    of_its_type = values(argument.type)
    return st.one_of([of_its_type] * 7 + [JSON])


def values(type: GraphQLInputType) -> st.SearchStrategy[Any]:
    """What an argument of that type takes, as JSON."""
    if isinstance(type, GraphQLNonNull):
        return _not_null(type.of_type)
    return st.none() | _not_null(type)


def _not_null(type: GraphQLInputType) -> st.SearchStrategy[Any]:
    if isinstance(type, GraphQLList):
        return st.lists(values(type.of_type), max_size=3)
    if isinstance(type, GraphQLEnumType):
        return st.sampled_from(sorted(type.values))
    if isinstance(type, GraphQLInputObjectType):
        fields = {name: values(each.type) for name, each in type.fields.items()}
        required = {name for name, each in type.fields.items() if is_required_input_field(each)}
        return st.fixed_dictionaries(
            {name: each for name, each in fields.items() if name in required},
            optional={name: each for name, each in fields.items() if name not in required},
        )
    return SCALARS.get(getattr(type, "name", ""), JSON)
