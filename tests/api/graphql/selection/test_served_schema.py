"""The schema that is served, on the real database: as graphql-core answers, and compiled where it counts."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
from graphql import parse

from app.api.graphql.context import Context
from app.api.graphql.executor import CompilingExecutor
from app.api.graphql.operation import responses
from app.api.graphql.request import GraphQLRequest
from app.api.graphql.schema import schema
from app.api.identity import Identity
from app.chat.events import CompletionEvent, Delta, End, Snapshot
from app.chat.history import History
from app.chat.identifiers import message_id
from app.chat.ports import Log, Records
from app.chat.service import Chat
from app.log.delta_log import DeltaLog
from app.storage.records import PrismaRecords
from tests.api.graphql.client import FOLLOW, Client
from tests.api.graphql.selection.execution import ORDINARY, Execution, run
from tests.api.graphql.selection.generated_documents import Writer
from tests.api.graphql.storage_calls import StorageCalls
from tests.api.graphql.test_bounded_reads import README, TWENTY_EACH

SCHEMA = schema._schema


@dataclass
class Conversed:
    """Two conversations with a reply in each, of an owner of their own."""

    owner: str
    conversation: str
    reply: str

    @property
    def arguments(self) -> dict[str, list[str]]:
        page = ["", "(first: 1)", "(last: 2)", "(first: 0)", "(first: 101)", "(first: 1, last: 1)", '(after: "?")',
                "(first: $number)", "(last: $number)", "(after: $text)", "(last: $number, before: $text)"]  # fmt: skip
        id = [f'(id: "{self.conversation}")', f'(id: "{self.reply}")', '(id: "nothing")']
        return {
            "Query.node": id,
            "Query.conversation": id,
            "Query.message": id,
            "Query.conversations": [*page, "(archived: null)"],
            "Query.searchMessages": ['(query: "Hello")', '(query: "Hello", first: 1)', '(query: "-")'],
            "Conversation.messages": page,
            "Subscription.completion": [f'(messageId: "{self.reply}")'],
        }


@pytest.fixture
async def conversed(client: Client) -> Conversed:
    posted: dict[str, Any] = {}
    for _ in range(2):
        titled = await client.data('mutation { createConversation(input: {title: "Titled"}) { id } }')
        id = titled["createConversation"]["id"]
        posted = await client.post("Hello there", conversationId=id, model="demo-fast", metadata={"a": [1, None]})
        await client.follow(posted["reply"]["id"])
    await client.data('{ searchMessages(query: "Hello") { nodes { id } } }')  # the first one fills its index
    return Conversed(client.owner, posted["conversation"]["id"], posted["reply"]["id"])


async def test_every_query_is_answered_as_graphql_core_does_and_asks_the_storage_for_the_same(
    chat: Chat, calls: StorageCalls, conversed: Conversed
) -> None:
    random = Random("served")
    writer = Writer(SCHEMA, random, conversed.arguments)
    for number in range(100):
        variables = {"yes": True, "no": False, **({"number": number % 3} if number % 2 else {})}
        document = parse(writer.document("query"))
        with calls.counted() as ordinary_calls:
            ordinary = await run(ORDINARY, SCHEMA, document, context(chat, conversed), variables)
        for _ in range(2):
            with calls.counted() as counted:
                compiled = await run(CompilingExecutor, SCHEMA, document, context(chat, conversed), variables)
            assert compiled.results == ordinary.results, document.loc
            # What is asked at once comes in any order: a search waits for its index first.
            assert sorted(counted.of(conversed.owner)) == sorted(ordinary_calls.of(conversed.owner)), document.loc


async def test_every_event_is_answered_as_graphql_core_does(
    chat: Chat, records: PrismaRecords, log: DeltaLog, conversed: Conversed
) -> None:
    reply = message_id(conversed.reply)
    scripted = replace(chat, history=Scripted(records, log, [
        Delta(0, ""), Delta(2**31 - 1, "é\u2028\ud800", "why"), Delta(2**31, "more than a seq can be"),
        Delta(True, "no seq"), Snapshot(3, "all", None), Delta(4, None), End(5, reply),  # type: ignore[arg-type]
    ]))  # fmt: skip
    writer = Writer(SCHEMA, Random("events"), conversed.arguments)
    for _ in range(100):
        document = parse(writer.document("subscription"))
        variables = {"yes": True, "no": False}
        ordinary = await run(ORDINARY, SCHEMA, document, context(scripted, conversed), variables)
        compiled = await run(CompilingExecutor, SCHEMA, document, context(scripted, conversed), variables)
        assert compiled.results == ordinary.results, document.loc


async def test_the_queries_of_clients_execute_nothing_but_what_is_read(chat: Chat, conversed: Conversed) -> None:
    found = await execute(README, chat, conversed)
    assert found.executed == ["Query.conversations"]
    found = await execute(TWENTY_EACH, chat, conversed)
    assert found.executed == ["Query.conversations"]


async def test_the_deltas_of_a_reply_are_executed_by_generated_code_alone(
    chat: Chat, records: PrismaRecords, log: DeltaLog, conversed: Conversed
) -> None:
    deltas = [Delta(each, "word ") for each in range(10)]
    scripted = replace(chat, history=Scripted(records, log, [*deltas, End(10, message_id(conversed.reply))]))
    found = await execute(FOLLOW, scripted, conversed, id=conversed.reply)
    assert len(found.results) == 11
    end = ["CompletionEnd.__typename", "CompletionEnd.seq", "CompletionEnd.message"]  # whose message nobody knows yet
    assert found.executed == ["Subscription.completion", *end]


async def test_the_end_of_a_reply_is_read_and_then_answered_by_generated_code_like_by_graphql_core(
    chat: Chat, records: PrismaRecords, log: DeltaLog, conversed: Conversed, monkeypatch: pytest.MonkeyPatch
) -> None:
    executed: list[str] = []
    execute_field = CompilingExecutor.execute_field

    def noted(self: CompilingExecutor, parent_type: Any, source: Any, details: Any, *rest: Any) -> Any:
        executed.append(f"{parent_type.name}.{details[0].node.name.value}")
        return execute_field(self, parent_type, source, details, *rest)

    monkeypatch.setattr(CompilingExecutor, "execute_field", noted)
    end = End(1, message_id(conversed.reply))
    scripted = replace(chat, history=Scripted(records, log, [Delta(1, "word"), end]))
    request = GraphQLRequest(FOLLOW, {"id": conversed.reply})
    found = [each async for each in responses(request, context(scripted, conversed))]
    assert not executed
    ordinary = await run(ORDINARY, SCHEMA, FOLLOW, context(scripted, conversed), {"id": conversed.reply})
    assert [(json.dumps(each["data"]), []) for each in found] == ordinary.results
    assert found[-1]["data"]["completion"]["message"]["id"] == conversed.reply


class Scripted(History):
    """Of which one reply has just these events."""

    def __init__(self, records: Records, log: Log, events: Sequence[CompletionEvent]) -> None:
        super().__init__(records, log)
        self._events = events

    async def watch(self, *_: object) -> AsyncGenerator[CompletionEvent]:
        async def told() -> AsyncGenerator[CompletionEvent]:
            for each in self._events:
                yield each

        return told()


def context(chat: Chat, conversed: Conversed) -> Context:
    return Context(chat, Identity(conversed.owner))


async def execute(document: str, chat: Chat, conversed: Conversed, **variables: Any) -> Execution:
    return await run(CompilingExecutor, SCHEMA, document, context(chat, conversed), variables)
