"""What is in a column is where it belongs in a record, however it is read."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import asyncpg
import pytest

from app.chat.identifiers import new_conversation_id, new_message_id, new_turn_id
from app.chat.message_parts import NOT_READ, MessageParts
from app.chat.overview import Shown
from app.chat.paging import Depth, Window
from app.chat.parameters import CompletionParameters
from app.chat.records import CompletionError, Conversation, FinishReason, Message, Role, Text, Usage, UsageSource
from app.chat.status import MessageStatus
from app.log.connection import Connection
from app.storage.client import Database
from app.storage.records import PrismaRecords
from tests.conftest import with_database

BEGUN = datetime(2026, 1, 31, 23, 59, 59, 123000, tzinfo=UTC)
TOUCHED = datetime(2026, 2, 1, tzinfo=UTC)
ENDED = datetime(2026, 2, 1, 0, 0, 0, 7000, tzinfo=UTC)


@pytest.fixture(scope="module")
async def elsewhere(postgres: str, template: str) -> AsyncGenerator[str]:
    """A database that tells times in its own way."""
    connection = await asyncpg.connect(postgres)
    await connection.execute(f'CREATE DATABASE "elsewhere" TEMPLATE "{template}"')
    await connection.execute("ALTER DATABASE elsewhere SET timezone = 'America/St_Johns'")
    await connection.execute("ALTER DATABASE elsewhere SET datestyle = 'German'")
    yield with_database(postgres, "elsewhere")
    await connection.execute("DROP DATABASE elsewhere WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def stored(elsewhere: str, owner: str) -> tuple[Conversation, list[Message]]:
    """A question of which little is known, and an answer that fills every column, by SQL alone."""
    question = Message(
        new_message_id(), new_conversation_id(), Role.USER, MessageStatus.COMPLETE, BEGUN, text=Text(0, "Why?")
    )
    answer = Message(
        new_message_id(),
        question.conversation_id,
        Role.ASSISTANT,
        MessageStatus.FAILED,
        TOUCHED,
        depth=1,
        parent_id=question.id,
        turn_id=new_turn_id(),
        text=Text(3, "Becau", "hm"),
        model="a model",
        parameters=CompletionParameters(temperature=0, stop=("a", "b"), seed=2),
        finish_reason=FinishReason.LENGTH,
        usage=Usage(5, 7, UsageSource.ESTIMATED),
        error=CompletionError("UPSTREAM_TIMEOUT", "", False),
        metadata={"a": [None, '"é']},
        completed_at=ENDED,
    )
    conversation = Conversation(
        question.conversation_id, owner, BEGUN, TOUCHED, "a title", "a prompt", "a model", {"b": {}}, True, answer.id
    )
    connection = await asyncpg.connect(elsewhere)
    await _insert(connection, conversation, question, answer)
    await connection.close()
    return conversation, [question, answer]


async def test_a_message_is_read_as_it_was_stored_on_every_way(
    elsewhere: str, stored: tuple[Conversation, list[Message]]
) -> None:
    conversation, messages = stored
    question, answer = messages
    whole = Window[Depth]()
    async with Database(elsewhere) as database:
        records = PrismaRecords(database)
        owner = conversation.owner
        assert await records.messages(owner, [question.id, answer.id]) == {each.id: each for each in messages}
        assert await records.siblings(owner, [answer.id]) == {answer.id: [answer]}
        assert await records.message_in_conversation(owner, answer.id) == (answer, conversation)
        assert (await records.branch_page(owner, answer.id, Window())).items == messages
        overview = await records.overview(owner, Window(), Shown((whole,)), archived=True)
        assert overview.branches[answer.id, whole].items == messages
        assert list(overview.conversations.items) == [conversation]
        assert answer.turn_id
        completion = await records.completion(owner, answer.turn_id)
        assert completion
        assert (completion.replies, completion.message_id, completion.metadata) == ((answer,), question.id, {"c": 1})
        [read] = (await records.messages(owner, [answer.id])).values()
    assert read.created_at.tzinfo is UTC


FIELDS = {
    MessageParts.PLACE: ("conversation_id", "parent_id"),
    MessageParts.TEXT: ("text",),
    MessageParts.OUTCOME: ("model", "finish_reason", "usage", "error", "completed_at"),
    MessageParts.METADATA: ("metadata",),
    MessageParts.TURN: ("turn_id", "parameters"),
}


async def test_any_parts_of_a_message_are_read_as_they_are_in_the_whole_one_and_nothing_else_is(
    elsewhere: str, stored: tuple[Conversation, list[Message]]
) -> None:
    conversation, (question, answer) = stored
    owner, whole = conversation.owner, Window[Depth]()
    async with Database(elsewhere) as database:
        records = PrismaRecords(database)
        for parts in map(MessageParts, range(MessageParts.WHOLE.value + 1)):
            first, second = partly(question, parts), partly(answer, parts)
            found = await records.messages(owner, [question.id, answer.id], parts)
            assert found == {question.id: first, answer.id: second}
            siblings = await records.siblings(owner, [answer.id], parts)
            assert siblings == {answer.id: [partly(answer, parts | MessageParts.PLACE)]}
            query = (answer.id, whole)
            assert (await records.branch_pages(owner, [query], parts))[query].items == [first, second]
            overview = await records.overview(owner, Window(), Shown((whole,)), archived=True, parts=parts)
            assert overview.branches[query].items == [first, second]


async def test_any_parts_of_a_reply_in_flight_are_read(
    elsewhere: str, stored: tuple[Conversation, list[Message]]
) -> None:
    conversation, (_, answer) = stored
    connection = await asyncpg.connect(elsewhere)
    await connection.execute("UPDATE messages SET status = 'STREAMING' WHERE id = $1", answer.id)
    await connection.close()
    reply = answer._replace(status=MessageStatus.STREAMING)
    async with Database(elsewhere) as database:
        records = PrismaRecords(database)
        for parts in map(MessageParts, range(MessageParts.WHOLE.value + 1)):
            expected = partly(reply, parts | MessageParts.PLACE)
            found = await records.active_replies(conversation.owner, [conversation.id], parts)
            assert found == {conversation.id: [expected]}
            overview = await records.overview(
                conversation.owner, Window(), Shown(active=True), archived=True, parts=parts
            )
            assert overview.active == {conversation.id: expected}


def partly(message: Message, parts: MessageParts) -> Message:
    unread = [name for part, names in FIELDS.items() if part not in parts for name in names]
    return message._replace(**dict.fromkeys(unread, NOT_READ))


async def test_a_conversation_is_read_as_it_was_stored_on_every_way(
    elsewhere: str, stored: tuple[Conversation, list[Message]]
) -> None:
    conversation, [_, answer] = stored
    async with Database(elsewhere) as database:
        records = PrismaRecords(database)
        assert await records.conversations(conversation.owner, [conversation.id]) == {conversation.id: conversation}
        page = await records.conversation_page(conversation.owner, Window(), archived=True)
        assert list(page.items) == [conversation]
        assert await records.select_branch(conversation.owner, answer.id) == conversation


async def _insert(sql: Connection, conversation: Conversation, question: Message, answer: Message) -> None:
    await sql.execute(
        "INSERT INTO conversations (id, owner, created_at, updated_at, title, system_prompt, model, metadata, archived,"
        " tip_id) VALUES ($1, $2, $3, $4, 'a title', 'a prompt', 'a model', '{\"b\": {}}', true, $5)",
        conversation.id,
        conversation.owner,
        conversation.created_at,
        conversation.updated_at,
        conversation.tip_id,
    )
    await sql.execute(
        "INSERT INTO turns (id, conversation_id, owner, state, message_id, metadata)"
        " VALUES ($1, $2, $3, 'ENDED', $4, '{\"c\": 1}')",
        answer.turn_id,
        conversation.id,
        conversation.owner,
        question.id,
    )
    await sql.execute(
        "INSERT INTO messages (id, conversation_id, depth, role, status, content, created_at)"
        " VALUES ($1, $2, 0, 'USER', 'COMPLETE', 'Why?', $3)",
        question.id,
        conversation.id,
        question.created_at,
    )
    await sql.execute(
        "INSERT INTO messages (id, conversation_id, parent_id, turn_id, depth, role, status, content, reasoning, seq,"
        " model, parameters, finish_reason, prompt_tokens, completion_tokens, usage_source, error_code, error_message,"
        " error_retryable, metadata, created_at, completed_at)"
        " VALUES ($1, $2, $3, $4, 1, 'ASSISTANT', 'FAILED', 'Becau', 'hm', 3, 'a model',"
        """ '{"temperature": 0, "stop": ["a", "b"], "seed": 2, "of a newer release": 1}',"""
        " 'LENGTH', 5, 7, 'ESTIMATED', 'UPSTREAM_TIMEOUT', '', false,"
        """ '{"a": [null, "\\"é"]}', $5, $6)""",
        answer.id,
        conversation.id,
        question.id,
        answer.turn_id,
        answer.created_at,
        answer.completed_at,
    )
