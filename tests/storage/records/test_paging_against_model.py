"""Pages against a model: whatever is begun, deleted or becomes active between two pages, a reader who goes through all
of them meets each item that stays where it is once, in order, from either end.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.chat.changes import ConversationChanges, Post, StartedTurn
from app.chat.conversations import new_conversation
from app.chat.identifiers import ConversationId, MessageId, WriterId, new_uuid
from app.chat.paging import ActivityKey, Depth, Page, Window
from app.chat.records import Conversation, Message
from app.log.connection import Connection
from app.storage.records import PrismaRecords
from tests.storage.records.conftest import ended, new_writer, turn
from tests.storage.records.page_walk import walk

Events: TypeAlias = list[tuple[str, int]]
Happening: TypeAlias = Callable[[int], Coroutine[Any, Any, None]]

EXAMPLES = settings(max_examples=40, deadline=None, derandomize=True)
SIZES = st.integers(1, 4)
EVENTS = st.lists(st.tuples(st.sampled_from(["begin", "delete", "touch"]), st.integers(0, 100)), max_size=2)
"""What happens between two pages, and to which of those that are there."""
SCHEDULE = st.lists(EVENTS, max_size=6)


@pytest.fixture(scope="module")
async def connection(url: str) -> AsyncGenerator[Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@dataclass
class ConversationList:
    """An owner's list, and the model of what is in it, newest activity first."""

    records: PrismaRecords
    owner: str = field(default_factory=lambda: f"owner-{new_uuid()}")
    there: list[ConversationId] = field(default_factory=list)

    async def begin(self, _pick: int = 0) -> None:
        created = await self.records.create_conversation(new_conversation(self.owner))
        self.there.insert(0, created.id)

    async def delete(self, pick: int) -> None:
        if self.there:
            assert await self.records.delete_conversation(self.owner, self.there.pop(pick % len(self.there)))

    async def touch(self, pick: int) -> None:
        """What was active is another item, at another place."""
        if self.there:
            id = self.there.pop(pick % len(self.there))
            await self.records.update_conversation(self.owner, id, ConversationChanges(title="again"))

    async def page(self, window: Window[ActivityKey]) -> Page[Conversation]:
        return await self.records.conversation_page(self.owner, window, archived=False)


@dataclass
class Branch:
    """A conversation of one branch, which grows and shrinks at its tip, and the model of what is on it, root first."""

    records: PrismaRecords
    sql: Connection
    writer: WriterId
    owner: str = field(default_factory=lambda: f"owner-{new_uuid()}")
    there: list[MessageId] = field(default_factory=list)
    turns: list[StartedTurn] = field(default_factory=list)

    async def begin(self, _pick: int = 0) -> None:
        """A turn of a message and its reply."""
        conversation = self.turns[-1].conversation.id if self.turns else None
        post = Post("Hello", conversation, replies=1)
        started = await self.records.begin_turn(turn(self.owner, post), self.writer)
        await ended(self.sql, started)
        self.turns.append(started)
        self.there += [started.message.id, started.replies[0].id]

    async def delete(self, _pick: int) -> None:
        """All turns but the first."""
        if len(self.turns) > 1:
            id = self.turns.pop().message.turn_id
            assert id
            await self.records.delete_completion(self.owner, id)
            del self.there[-2:]

    async def page(self, window: Window[Depth]) -> Page[Message]:
        query = (self.there[-1], window)
        return (await self.records.branch_pages(self.owner, [query]))[query]


@EXAMPLES
@given(st.integers(0, 7), SIZES, st.booleans(), SCHEDULE)
async def test_conversations_that_stay_where_they_are_are_met_once_in_order(
    records: PrismaRecords, number: int, size: int, backward: bool, schedule: list[Events]
) -> None:
    model = ConversationList(records)
    for _ in range(number):
        await model.begin()
    before = list(model.there)
    happenings: dict[str, Happening] = {"begin": model.begin, "delete": model.delete, "touch": model.touch}
    found = await walk(model.page, _activity, size, backward=backward, between=_following(schedule, happenings))
    met = [each.id for each in found]
    stayed = [each for each in before if each in model.there]
    assert [each for each in met if each in stayed] == stayed
    assert all(met.count(each) == 1 for each in met if each in model.there)


@EXAMPLES
@given(st.integers(1, 4), SIZES, st.booleans(), SCHEDULE)
async def test_messages_that_stay_are_met_once_in_order(
    records: PrismaRecords,
    connection: Connection,
    number: int,
    size: int,
    backward: bool,
    schedule: list[Events],
) -> None:
    model = Branch(records, connection, await new_writer(connection))
    for _ in range(number):
        await model.begin()
    before = list(model.there)
    happenings: dict[str, Happening] = {"begin": model.begin, "delete": model.delete, "touch": model.delete}
    found = await walk(model.page, _depth, size, backward=backward, between=_following(schedule, happenings))
    met = [each.id for each in found]
    stayed = [each for each in before if each in model.there]
    assert [each for each in met if each in stayed] == stayed
    assert len(set(met)) == len(met)


def _following(schedule: list[Events], happenings: Mapping[str, Happening]) -> Callable[[], Awaitable[None]]:
    """Each call lets the next events of the schedule happen."""
    rest = iter(schedule)

    async def between() -> None:
        for name, pick in next(rest, ()):
            await happenings[name](pick)

    return between


def _activity(conversation: Conversation) -> ActivityKey:
    return ActivityKey(conversation.updated_at, conversation.id)


def _depth(message: Message) -> Depth:
    return Depth(message.depth)
