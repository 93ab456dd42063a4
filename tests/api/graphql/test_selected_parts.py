"""An operation reads the parts of messages that it selects; what it is answered says nothing of the others."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
import strawberry
from graphql import (
    DocumentNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    parse,
)

from app.api.graphql.context import Context
from app.api.graphql.executor import CompilingExecutor
from app.api.graphql.schema import schema
from app.api.graphql.selected_parts import NOTHING, PLACE, selected_parts
from app.api.identity import Identity
from app.chat.message_parts import MessageParts
from app.chat.service import Chat
from tests.api.graphql.client import Client
from tests.api.graphql.selection.execution import Execution, run
from tests.api.graphql.selection.generated_documents import Writer
from tests.api.graphql.selection.test_served_schema import Conversed, conversed
from tests.api.graphql.selections import Path, paths
from tests.api.graphql.storage_calls import StorageCalls

__all__ = ["conversed"]

SCHEMA = schema._schema
VARIABLES = {"yes": True, "no": False, "number": 2}
IN_PARTS = {
    MessageParts.PLACE: ("conversation { id }", "parent { id }"),
    MessageParts.TEXT: ("content", "reasoning", "seq"),
    MessageParts.OUTCOME: ("model", "finishReason", "usage { totalTokens }", "error { code }", "completedAt"),
    MessageParts.METADATA: ("metadata",),
}


async def test_each_field_alone_says_what_it_does_where_all_of_every_message_is_read(
    chat: Chat, conversed: Conversed
) -> None:
    asked = 0
    for document in each_field_alone(conversed):
        asked += 1
        assert (await answer(chat, conversed, document)).results == (await whole(chat, conversed, document)).results
    assert asked > 200


@pytest.mark.parametrize("kind", ["query", "subscription"])
async def test_so_do_any_fields_together(chat: Chat, conversed: Conversed, kind: str) -> None:
    pages = {"Query.conversations": ["", "(first: 2)"], "Conversation.messages": ["", "(last: 2)"]}
    writer = Writer(SCHEMA, Random("parts"), {**conversed.arguments, **pages})
    for _ in range(60):
        document = parse(writer.document(kind))
        assert (await answer(chat, conversed, document)).results == (await whole(chat, conversed, document)).results


@pytest.mark.parametrize(("part", "field"), [(part, each) for part, fields in IN_PARTS.items() for each in fields])
async def test_a_part_that_was_not_read_is_an_error_and_never_null(
    chat: Chat, conversed: Conversed, part: MessageParts, field: str
) -> None:
    document = parse(f'{{ message(id: "{conversed.reply}") {{ {field} }} }}')
    assert selected_parts(SCHEMA, document) == part
    context = Context(chat, Identity(conversed.owner))
    context.read_only(MessageParts.WHOLE & ~part)
    ((_, errors),) = (await run(CompilingExecutor, SCHEMA, document, context)).results
    assert errors or field == "metadata"  # which no JSON can be made of


@strawberry.type(name="Message")
class Written:
    known: int = strawberry.field(metadata=NOTHING)
    placed: int = strawberry.field(metadata=PLACE)
    new: int


@strawberry.type
class Query:
    message: Written


def test_a_field_of_which_nobody_said_what_it_reads_reads_all() -> None:
    own = strawberry.Schema(Query)._schema
    assert selected_parts(own, parse("{ message { known __typename } }")) == MessageParts.NONE
    assert selected_parts(own, parse("{ message { known placed } }")) == MessageParts.PLACE
    assert selected_parts(own, parse("{ message { ...F } } fragment F on Message { new }")) == MessageParts.WHOLE


async def test_the_log_is_asked_for_the_text_of_a_reply_in_flight_only_where_that_is_selected(
    client: Client, calls: StorageCalls
) -> None:
    await client.post("Hello", model="slow")
    for field, asked in (("status", 0), ("content", 1)):
        with calls.counted() as counted:
            data = await client.data(f"{{ conversations {{ nodes {{ activeCompletion {{ {field} }} }} }} }}")
        assert data["conversations"]["nodes"][0]["activeCompletion"] is not None
        assert counted.texts == asked


async def test_what_is_read_after_a_change_is_what_the_operation_selects(client: Client, calls: StorageCalls) -> None:
    id = (await client.post("Hello", reply=False))["conversation"]["id"]
    mutation = f'mutation {{ updateConversation(input: {{id: "{id}", title: "A"}}) {{ tip {{ %s }} }} }}'
    for field, read in (("role", False), ("content", True)):
        with calls.counted() as counted:
            await client.data(mutation % field)
        assert any(".content" in each for each in counted.of(client.owner)) == read


def each_field_alone(conversed: Conversed) -> Iterator[DocumentNode]:
    for name, field in SCHEMA.query_type.fields.items():  # type: ignore[union-attr]
        for arguments in conversed.arguments.get(f"Query.{name}", [""])[:2]:
            for path in paths(f"{name}{arguments}", field, hops=1, size=2):
                yield from _alone(path)
    for below in ("edges { cursor }", "pageInfo { startCursor }", "pageInfo { endCursor }"):
        yield parse(f'{{ conversation(id: "{conversed.conversation}") {{ messages {{ {below} }} }} }}')


def _alone(path: Path) -> Iterator[DocumentNode]:
    """The path's object with one of its fields, and that with all the leaves below it."""
    type: GraphQLObjectType | GraphQLInterfaceType = SCHEMA.type_map["Query"]  # type: ignore[assignment]
    for each in path.fields:
        type = get_named_type(type.fields[each.partition("(")[0]].type)
    for name, field in type.fields.items():
        if any(is_required_argument(each) for each in field.args.values()):
            continue
        leaves = " ".join(_leaves(get_named_type(field.type)))
        yield parse(path.document.replace("__typename", f"{name} {{ {leaves} }}" if leaves else name))


def _leaves(type: GraphQLNamedType) -> Iterator[str]:
    if isinstance(type, GraphQLObjectType | GraphQLInterfaceType):
        yield "__typename"
        yield from (name for name, field in type.fields.items() if is_leaf_type(get_named_type(field.type)))


async def answer(chat: Chat, conversed: Conversed, document: DocumentNode) -> Execution:
    context = Context(chat, Identity(conversed.owner))
    context.read_only(selected_parts(SCHEMA, document))
    return await run(CompilingExecutor, SCHEMA, document, context, VARIABLES)


async def whole(chat: Chat, conversed: Conversed, document: DocumentNode) -> Execution:
    return await run(CompilingExecutor, SCHEMA, document, Context(chat, Identity(conversed.owner)), VARIABLES)
