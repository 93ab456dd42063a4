"""What an operation costs, how much it may, and where that is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_introspection_query,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)

from app.api.graphql.checked_operation import MAX_TOLD_COST
from app.api.graphql.cost import INTROSPECTION_COST, PAGE, RELAY, Sliced, declared_cost
from app.api.graphql.documents import check_document
from app.api.graphql.limits import MAX_COST
from app.api.graphql.schema import schema
from app.chat.paging import MAX_PAGE_SIZE
from tests.api.graphql.client import FOLLOW, Client
from tests.api.graphql.sse.reading import events_of

HUNDRED_EACH = "{ conversations(first: 100) { nodes { messages(first: 100) { nodes { %s } } } } }"
POST = "mutation ($input: PostMessageInput!) { postMessage(input: $input) { replies { id } } }"
PAGES = """
query ($first: Int, $last: Int) {
  conversations(first: $first, last: $last) { edges { node { id } } nodes { id } pageInfo { endCursor } }
}
"""
CONDITIONS = """
query ($skipped: Boolean!, $included: Boolean = true) {
  conversations(first: 10) @skip(if: $skipped) { nodes { ... @include(if: $included) { tip { id } } } }
}
"""
MESSAGES = "fragment Page on MessageConnection { nodes { id parent { id } } }"


def cost(query: str, /, **variables: Any) -> int:
    document = check_document(schema._schema, query)
    assert document.errors == ()
    return document.plan(None).cost(variables)


def costing(total: int) -> str:
    """A query of just that cost."""
    hundreds, rest = divmod(total - 1, 1 + 100 * 102)
    sizes = [(100, 100)] * hundreds + [(rest // 102, 100)] + [(rest % 102 - 1, None)]
    pages = [
        f"p{number}: conversations(first: {first}) {{ nodes {{ "
        + ("id" if inner is None else f"messages(first: {inner}) {{ nodes {{ id }} }}")
        + " } }"
        for number, (first, inner) in enumerate(sizes)
    ]
    return f"{{ {' '.join(pages)} }}"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ __typename }", 0),
        ("{ conversations { pageInfo { endCursor } } }", 1 + 1 + 20),
        ("{ conversations { nodes { id title } } }", 1 + 20),
        ("{ conversations(first: 7) { nodes { id } } }", 1 + 7),
        ("{ conversations(last: 7) { nodes { id } } }", 1 + 7),
        ("{ conversations(first: 7, last: 9) { nodes { id } } }", 1 + 9),
        ("{ conversations(first: null, last: 9) { nodes { id } } }", 1 + 9),
        ("{ conversations(first: 0) { nodes { id tip { id } } } }", 1),
        ("{ conversations(first: 7) { nodes { id } edges { cursor node { id } } } }", 1 + 7 + 7 * 2),
        ("{ conversations(first: 7) { totalCount } }", 1 + 100 + 7),
        ("{ conversations(first: 7) { nodes { messages(first: 9) { totalCount } } } }", 1 + 7 * (1 + 1 + 9)),
        ("{ conversations(first: 7) { nodes { messages(first: 3) { nodes { id } } } } }", 1 + 7 * (1 + 1 + 3)),
        ('{ message(id: "x") { siblings { id usage { source } } } }', 1 + 1 + 5 * 2),
        ("{ models { id } }", 10 + 20),
        ("{ todos { id } }", 1 + 100),
        ('{ searchMessages(query: "x") { nodes { id } } }', 500 + 20),
        ('{ searchMessages(query: "x", first: 5) { edges { node { id } } } }', 500 + 10),
        ('{ node(id: "x") { ... on Message { parent { id } } ... on Conversation { tip { id } } } }', 1 + 1 + 1),
        ("{ conversations @skip(if: true) { nodes { id } } }", 0),
        ("{ conversations @include(if: true) { nodes { id } } }", 1 + 20),
        ("mutation { deleteConversation(id: 1) }", 10),
        ('mutation { createConversation(input: {messages: [{role: USER, content: "a"}]}) { id } }', 10 + 1),
        ('mutation { postMessage(input: {content: "a", n: 3}) { replies { id } } }', 10 + 3 * 101),
        ('mutation { postMessage(input: {content: "a"}) { message { id } replies { id } } }', 10 + 1 + 101),
        ('mutation { editMessage(input: {messageId: 1, content: ""}) { replies { id } } }', 10 + 101),
        ("mutation { regenerate(input: {messageId: 1, n: 8}) { reply { id } } }", 10 + 8 * 100 + 1),
        ('subscription { completion(messageId: "x") { seq ... on CompletionEnd { message { id } } } }', 10 + 1),
    ],
)
def test_what_is_asked_for_is_what_it_costs(query: str, expected: int) -> None:
    assert cost(query) == expected


@pytest.mark.parametrize(
    ("variables", "size"),
    [
        ({}, 20),
        ({"first": 7}, 7),
        ({"last": 7}, 7),
        ({"first": None, "last": 7}, 7),
        ({"first": 7.0}, 7),
    ],
)
def test_page_sizes_may_be_variables(variables: dict[str, Any], size: int) -> None:
    assert cost(PAGES, **variables) == 1 + size * 2 + size + 1


@pytest.mark.parametrize("size", [-1, 101, 2**31, -(2**63), 10**400, 1e300, float("nan"), True, "5"])
def test_a_page_size_that_is_refused_is_not_cheap(size: object) -> None:
    query = "query ($n: Int) { conversations(first: $n) { nodes { id } } }"
    assert cost(query, n=size) == cost(query, n=MAX_PAGE_SIZE) == 1 + MAX_PAGE_SIZE


def test_an_operations_own_default_counts_where_the_variable_is_left_out() -> None:
    query = "query ($n: Int = 50) { conversations(first: $n) { nodes { id } } }"
    assert (cost(query), cost(query, n=3), cost(query, n=None)) == (51, 4, 21)
    posting = POST.replace("!)", '! = {content: "a", n: 2})')
    assert (cost(posting), cost(posting, input={"content": "a"})) == (10 + 2 * 101, 10 + 101)


def test_replies_and_imported_messages_count_wherever_their_number_stands() -> None:
    assert cost(POST, input={"content": "a", "n": 4}) == 10 + 4 * 101
    within = 'mutation ($n: Int) { postMessage(input: {content: "a", n: $n}) { replies { id } } }'
    assert (cost(within, n=4), cost(within)) == (10 + 4 * 101, 10 + 101)
    creating = "mutation ($input: CreateConversationInput!) { createConversation(input: $input) { id } }"
    said = {"role": "USER", "content": "a"}
    assert [cost(creating, input={"messages": each}) for each in ([said] * 30, said, None)] == [40, 11, 10]


def test_what_is_skipped_or_not_included_is_free() -> None:
    assert cost(CONDITIONS, skipped=True) == 0
    assert cost(CONDITIONS, skipped=False) == 1 + 10 * 2
    assert cost(CONDITIONS, skipped=False, included=False) == 1 + 10


def test_a_fragment_costs_what_the_page_costs_on_which_it_is_spread() -> None:
    pages = "a: messages(first: 3) { ...Page } messages(first: 50) { ...Page }"
    query = f"{{ conversations(first: 2) {{ nodes {{ {pages} }} }} }} {MESSAGES}"
    assert cost(query) == 1 + 2 * (1 + 1 + 3 * 2 + 1 + 50 * 2)


def test_a_fragment_that_depends_on_variables_does_so_in_every_operation() -> None:
    fragment = "fragment F on Query { conversations(first: $n) { nodes { id } } }"
    document = check_document(
        schema._schema, f"query A($n: Int = 5) {{ ...F }} query B($n: Int = 6) {{ ...F ...F }} {fragment}"
    )
    assert document.errors == ()
    assert [document.plan(name).cost({}) for name in "AB"] == [6, 7 * 2]


@pytest.mark.parametrize("size", ["50", "$n"])
async def test_fragments_that_double_each_other_are_priced_at_once(client: Client, size: str) -> None:
    parameters = "($n: Int)" if "$" in size else ""
    chain = " ".join(f"fragment F{n} on Conversation {{ ...F{n + 1} ...F{n + 1} }}" for n in range(9))
    last = f"fragment F9 on Conversation {{ messages(first: {size}) {{ nodes {{ id }} }} }}"
    query = f"query Q{parameters} {{ conversations(first: 10) {{ nodes {{ ...F0 }} }} }} {chain} {last}"
    expected = 1 + 10 * (1 + 2**9 * 51)
    assert cost(query, n=50) == expected
    error = await client.error(query, n=50)
    assert (error["code"], error["cost"]) == ("QUERY_TOO_COMPLEX", expected)


async def test_a_cost_beyond_what_clients_can_read_is_told_as_the_most_that_they_can(client: Client) -> None:
    inner = "messages(first: 100) { nodes { conversation { " * 4
    query = f"{{ conversations(first: 100) {{ nodes {{ {inner} id {'} } } ' * 4} }} }} }}"
    assert cost(query) > MAX_TOLD_COST
    assert (await client.error(query))["cost"] == MAX_TOLD_COST


async def test_the_dearest_operation_is_taken_and_one_that_costs_one_more_is_not(client: Client) -> None:
    taken = await client.ask(costing(MAX_COST))
    assert "errors" not in taken
    assert taken["extensions"]["cost"] == {"requested": MAX_COST, "maximum": MAX_COST}
    error = await client.error(costing(MAX_COST + 1))
    assert (error["code"], error["cost"], error["maximumCost"]) == ("QUERY_TOO_COMPLEX", MAX_COST + 1, MAX_COST)
    assert f"{MAX_COST:,}" in error["message"]


async def test_nothing_of_what_is_too_dear_is_done(client: Client) -> None:
    posts = " ".join(f'p{each}: postMessage(input: {{content: "Hello", n: 8}}) {{ ...P }}' for each in range(50))
    fragment = "fragment P on PostMessagePayload { replies { siblings { siblings { siblings { id } } } } }"
    assert (await client.error(f"mutation {{ {posts} }} {fragment}"))["code"] == "QUERY_TOO_COMPLEX"
    assert await client.data("{ conversations { totalCount } }") == {"conversations": {"totalCount": 0}}


def test_a_hundred_of_a_hundred_is_enough_for_an_export_and_a_hundred_of_each_of_those_is_too_much() -> None:
    assert cost(HUNDRED_EACH % "id content usage { source }") <= MAX_COST
    assert cost(HUNDRED_EACH % "conversation { messages(first: 100) { nodes { id } } }") > MAX_COST


def test_a_playground_may_ask_for_the_schema() -> None:
    query = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True)
    assert cost(query) == INTROSPECTION_COST < MAX_COST


async def test_every_answer_says_what_it_cost(client: Client) -> None:
    query, told = "{ conversations(first: 3) { nodes { id } } }", {"requested": 4, "maximum": MAX_COST}
    assert (await client.ask(query))["extensions"] == {"cost": told}
    async with client.socket() as socket:
        await socket.subscribe("1", query)
        assert [each["extensions"] for each in await socket.payloads("1")] == [{"cost": told}]
    (_, said), _ = await events_of(client, query)
    assert said["extensions"] == {"cost": told}
    mutation = await client.ask("mutation { createConversation(input: {}) { id } }")
    assert mutation["extensions"]["cost"]["requested"] == 10


async def test_an_answer_with_an_error_in_a_field_says_what_it_cost_too(client: Client) -> None:
    answer = await client.ask('{ message(id: "nonsense") { id } }')
    assert (answer["data"], answer["extensions"]["cost"]["requested"]) == ({"message": None}, 1)


async def test_what_is_refused_has_no_cost_of_its_own(client: Client) -> None:
    assert (await client.ask("query Q($n: Int!) { conversations(first: $n) { totalCount } }")).keys() == {"errors"}


async def test_only_the_first_event_of_a_subscription_says_what_it_costs(client: Client) -> None:
    id = (await client.post("Hello", model="demo"))["reply"]["id"]
    async with client.socket() as socket:
        await socket.subscribe("1", FOLLOW, id=id)
        over_socket = await socket.payloads("1")
    over_sse = [said for name, said in await events_of(client, FOLLOW, id=id) if name == "next"]
    for first, *later in (over_socket, over_sse):
        assert first["extensions"]["cost"] == {"requested": 10 + 2, "maximum": MAX_COST}
        assert later
        assert not any("extensions" in each for each in later)


def fields() -> Iterator[tuple[str, GraphQLField]]:
    for type in schema._schema.type_map.values():
        if isinstance(type, GraphQLObjectType | GraphQLInterfaceType) and not type.name.startswith("__"):
            yield from ((f"{type.name}.{name}", field) for name, field in type.fields.items())


def gives_pages(field: GraphQLField) -> bool:
    """Whether it gives an object with lists that are as long as this field says."""
    type = get_named_type(field.type)
    inner = type.fields.values() if isinstance(type, GraphQLObjectType) else ()
    return any((declared := declared_cost(each)) and declared.size is PAGE for each in inner)


def test_every_list_and_every_page_has_a_size() -> None:
    lists = {name: field for name, field in fields() if is_list_type(get_nullable_type(field.type))}
    pages = {name: field for name, field in fields() if gives_pages(field) and name not in lists}
    assert {"Message.siblings", "ConversationConnection.nodes", "Query.models"} <= lists.keys()
    assert {"Query.conversations", "Conversation.messages", "Mutation.postMessage"} <= pages.keys()
    sizes = {name: (found := declared_cost(field)) and found.size for name, field in {**lists, **pages}.items()}
    assert [name for name, size in sizes.items() if size is None] == []
    assert [name for name in pages if sizes[name] is PAGE] == []


def test_lists_that_are_as_long_as_a_page_are_only_on_pages() -> None:
    owners = {name.partition(".")[0] for name, field in fields() if (c := declared_cost(field)) and c.size is PAGE}
    paged = {get_named_type(field.type).name for _, field in fields() if gives_pages(field)}
    assert owners == paged


def test_a_size_is_said_by_arguments_that_are_there_and_connections_are_sized_by_relays() -> None:
    for name, field in fields():
        found = declared_cost(field)
        if found and isinstance(found.size, Sliced):
            for path in found.size.arguments:
                assert reaches(field, path.split(".")), f"{name} has no argument {path}"
        if field.args.keys() >= {"first", "last"}:
            assert found, name
            assert found.size == RELAY, name


def reaches(field: GraphQLField, path: list[str]) -> bool:
    arguments: dict[str, Any] = field.args
    for name in path:
        if name not in arguments:
            return False
        type = get_named_type(arguments[name].type)
        arguments = type.fields if isinstance(type, GraphQLInputObjectType) else {}
    return True


def asks_the_context(field: GraphQLField) -> bool:
    resolver = field.extensions["strawberry-definition"].base_resolver
    return bool(resolver and resolver.info_parameter)


def test_whatever_changes_or_counts_something_has_its_price() -> None:
    changing = schema._schema.mutation_type
    assert changing
    computed = {
        name: field for name, field in fields() if is_leaf_type(get_named_type(field.type)) and asks_the_context(field)
    }
    assert "ConversationConnection.totalCount" in computed
    for name, field in [*changing.fields.items(), *computed.items()]:
        found = declared_cost(field)
        assert found, name
        assert found.weight > 1, name
