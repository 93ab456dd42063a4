from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import asyncpg
import pytest

from app.chat.changes import ConversationChanges, Post
from app.chat.completion import PromptMessage
from app.chat.conversations import new_conversation
from app.chat.errors import NotFound, StorageUnavailable
from app.chat.identifiers import (
    ConversationId,
    MessageId,
    new_conversation_id,
    new_message_id,
    new_turn_id,
)
from app.chat.paging import CompletionQuery, Window
from app.chat.records import Role
from app.storage.client import Database
from app.storage.records import PrismaRecords
from tests.chat.shaky_postgres import ShakyPostgres
from tests.storage.records.conftest import DEADLINE_SECONDS, new_writer, turn


async def test_while_postgresql_is_away_every_method_says_so_and_works_again_when_it_is_back(
    tmp_path_factory: pytest.TempPathFactory, owner: str
) -> None:
    async with ShakyPostgres(tmp_path_factory.mktemp("away")) as shaky, Database(shaky.url) as database:
        records = PrismaRecords(database)
        sql = await asyncpg.connect(shaky.url)
        writer = await new_writer(sql)
        await sql.close()
        conversation = new_conversation(owner)
        conversations: Sequence[ConversationId] = [conversation.id]
        messages: Sequence[MessageId] = [new_message_id()]
        methods: list[Callable[[], Awaitable[object]]] = [
            lambda: records.create_conversation(replace(conversation, id=new_conversation_id())),
            lambda: records.import_conversation(
                replace(conversation, id=new_conversation_id()), [(new_message_id(), PromptMessage(Role.USER, "x"))]
            ),
            lambda: records.select_branch(owner, messages[0]),
            lambda: records.update_conversation(owner, conversation.id, ConversationChanges(title="x")),
            lambda: records.delete_conversation(owner, conversation.id),
            lambda: records.conversations(owner, conversations),
            lambda: records.conversation_page(owner, Window(), archived=None),
            lambda: records.conversation_count(owner, archived=None),
            lambda: records.messages(owner, messages),
            lambda: records.siblings(owner, messages),
            lambda: records.branch_page(owner, messages[0], Window()),
            lambda: records.branch_pages(owner, [(messages[0], Window())]),
            lambda: records.active_replies(owner, conversations),
            lambda: records.begin_turn(turn(owner, Post("x")), writer),
            lambda: records.completion(owner, new_turn_id()),
            lambda: records.completion_page(owner, CompletionQuery()),
            lambda: records.label_completion(owner, new_turn_id(), {}),
            lambda: nothing_to_delete(records, owner),
        ]
        for method in methods:
            await method()
        await shaky.stop()
        for method in methods:
            with pytest.raises(StorageUnavailable):
                await asyncio.wait_for(method(), DEADLINE_SECONDS)
        await shaky.start()
        for method in methods:
            await asyncio.wait_for(method(), DEADLINE_SECONDS)
        await shaky.cut()
        for method in methods:
            await asyncio.wait_for(method(), DEADLINE_SECONDS)


async def nothing_to_delete(records: PrismaRecords, owner: str) -> None:
    with pytest.raises(NotFound):
        await records.delete_completion(owner, new_turn_id())
