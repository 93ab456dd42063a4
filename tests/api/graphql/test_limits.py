from __future__ import annotations

import time

import pytest
from graphql import get_introspection_query, parse

from app.api.graphql.complexity import Shape, shape_error
from app.api.graphql.documents import _check_and_keep, check_document
from app.api.graphql.limits import (
    CACHED_DOCUMENTS,
    MAX_ALIASES,
    MAX_CACHED_DOCUMENT_CHARACTERS,
    MAX_DEPTH,
    MAX_DOCUMENT_CHARACTERS,
    MAX_SELECTIONS,
    MAX_TOKENS,
    MAX_VALIDATION_ERRORS,
)
from app.api.graphql.schema import schema
from tests.api.graphql.client import Client


def nested(levels: int) -> str:
    """A query of so many levels of fields."""
    parents = levels - 2
    inner = "parent { " * parents + "id" + " }" * parents
    return f'{{ message(id: "msg_01h2xcejqtf2nbrexx3vqjhp41") {{ {inner} }} }}'


def aliased(count: int) -> str:
    return "{ " + " ".join(f"a{each}: models {{ id }}" for each in range(count)) + " }"


async def test_the_deepest_query_is_taken_and_one_level_more_is_not(client: Client) -> None:
    assert await client.data(nested(MAX_DEPTH)) == {"message": None}
    error = await client.error(nested(MAX_DEPTH + 1))
    assert (error["code"], str(MAX_DEPTH) in error["message"]) == ("QUERY_TOO_COMPLEX", True)


async def test_so_many_aliases_are_taken_and_one_more_is_not(client: Client) -> None:
    assert len(await client.data(aliased(MAX_ALIASES))) == MAX_ALIASES
    assert (await client.error(aliased(MAX_ALIASES + 1)))["code"] == "QUERY_TOO_COMPLEX"


def spread(selections: int) -> str:
    """A query of so many selections, most of them within a fragment that is spread over and over."""
    spreads, fields = 49, 99
    alone = selections - 1 - spreads * (1 + fields)
    return f"{{ models {{ {'...F ' * spreads} {'id ' * alone} }} }} fragment F on Model {{ {'id ' * fields} }}"


def test_so_many_selections_are_taken_and_one_more_is_not() -> None:
    assert Shape(parse(spread(MAX_SELECTIONS))).selections == MAX_SELECTIONS
    assert shape_error(parse(spread(MAX_SELECTIONS))) is None
    assert f"{MAX_SELECTIONS:,}" in str(shape_error(parse(spread(MAX_SELECTIONS + 1))))


@pytest.mark.parametrize("levels", [20, 60, 200])
async def test_fragments_that_double_each_other_are_refused_before_anybody_goes_through_them(
    client: Client, levels: int
) -> None:
    chain = " ".join(f"fragment F{n} on ConversationConnection {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels))
    last = f"fragment F{levels} on ConversationConnection {{ __typename }}"
    error = await client.error(f"{{ conversations(first: 1) {{ ...F0 }} }} {chain} {last}")
    assert error["code"] == "QUERY_TOO_COMPLEX"


async def test_a_query_of_too_many_tokens_is_not_even_parsed(client: Client) -> None:
    assert (await client.error("{ models { " + "id " * MAX_TOKENS + "} }"))["code"] == "QUERY_TOO_COMPLEX"


@pytest.mark.parametrize("before", ["", "{ models { id } } "])
@pytest.mark.parametrize("long", ["#" + "x" * MAX_DOCUMENT_CHARACTERS, '"' + r"\n" * 40_000 + '"', "," * 70_000])
async def test_a_document_that_is_too_long_is_not_even_parsed_whatever_it_is_filled_with(
    client: Client, before: str, long: str
) -> None:
    error = await client.error(before + long)
    assert (error["code"], f"{MAX_DOCUMENT_CHARACTERS:,}" in error["message"]) == ("QUERY_TOO_COMPLEX", True)
    assert "variables" in error["message"]


async def test_the_longest_document_is_taken(client: Client) -> None:
    query = "{ models { id } } #"
    assert (await client.data(query + "x" * (MAX_DOCUMENT_CHARACTERS - len(query))))["models"]


@pytest.mark.parametrize("query", [nested(MAX_DEPTH + 1), aliased(MAX_ALIASES + 1)])
async def test_no_rule_looks_at_what_is_refused_for_its_shape(client: Client, query: str) -> None:
    error = await client.error(query.replace("id", "unknown"))
    assert error["code"] == "QUERY_TOO_COMPLEX"


async def test_of_many_errors_the_first_are_told(client: Client) -> None:
    query = "{ " + " ".join(f"conversationz{each}" for each in range(1_900)) + " }"
    errors = (await client.ask(query))["errors"]
    assert {each["extensions"]["code"] for each in errors} == {"GRAPHQL_VALIDATION_FAILED"}
    assert len(errors) == MAX_VALIDATION_ERRORS + 1  # the last says that there are more


@pytest.mark.parametrize("query", ["{ a" * 900, "{ models(x: " + "[" * 1_900, "{" * 1_900])
async def test_nesting_beyond_reason_is_refused_in_words(client: Client, query: str) -> None:
    assert (await client.error(query))["code"] in {"QUERY_TOO_COMPLEX", "GRAPHQL_PARSE_FAILED"}


@pytest.mark.parametrize("first", [-1, 101])
async def test_a_page_that_is_too_large_is_refused(client: Client, first: int) -> None:
    error = await client.error("query Q($n: Int) { conversations(first: $n) { totalCount } }", n=first)
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "first")


def test_depth_counts_fields_through_fragments() -> None:
    document = parse("{ a { ...F ... on X { b { c { d } } } } } fragment F on X { b }")
    assert Shape(document).depth == 4


def test_aliases_of_a_fragment_count_wherever_it_is_spread() -> None:
    document = parse("{ a: x { ...F } b: x { ...F } } fragment F on X { c: y d: y e }")
    assert Shape(document).aliases == 6


def test_fragments_that_spread_themselves_are_measured_and_refused() -> None:
    query = "{ models { ...A } } fragment A on Model { ...B } fragment B on Model { ...A }"
    assert Shape(parse(query)).depth == 1
    assert [each.extensions for each in check_document(schema._schema, query).errors] == [
        {"code": "GRAPHQL_VALIDATION_FAILED"}
    ]


def test_fragments_that_double_each_other_are_measured_at_once() -> None:
    fragments = " ".join(f"fragment F{n} on X {{ a: b ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    started = time.perf_counter()
    assert Shape(parse(f"{{ ...F0 }} {fragments} fragment F60 on X {{ a: b }}")).aliases == 2**61 - 1
    assert time.perf_counter() - started < 1


async def test_a_number_of_a_hundred_digits_is_not_told(client: Client) -> None:
    fragments = " ".join(f"fragment F{n} on Query {{ a: models {{ id }} ...F{n + 1} ...F{n + 1} }}" for n in range(70))
    error = await client.error(f"{{ ...F0 }} {fragments} fragment F70 on Query {{ models {{ id }} }}")
    assert error["message"] == f"The query has more than 1,000,000 aliases, the most is {MAX_ALIASES}."


def test_introspection_as_playgrounds_ask_for_it_is_allowed() -> None:
    query = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True)
    assert check_document(schema._schema, query).errors == ()


def test_a_document_is_checked_once_and_then_known() -> None:
    query = "query Known { models { id } }"
    assert check_document(schema._schema, query) is check_document(schema._schema, query)


def test_a_long_document_is_not_kept() -> None:
    query = "{ models { id } }" + " " * MAX_CACHED_DOCUMENT_CHARACTERS
    assert check_document(schema._schema, query) is not check_document(schema._schema, query)


def test_the_documents_kept_are_few() -> None:
    for each in range(CACHED_DOCUMENTS + 10):
        check_document(schema._schema, f"query Q{each} {{ models {{ id }} }}")
    assert _check_and_keep.cache_info().currsize == CACHED_DOCUMENTS
