"""Conversations and messages on a real PostgreSQL through the real Prisma engine: each owner in a world of their own."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.chat.changes import ConversationChanges, NewTurn, Post, StartedTurn
from app.chat.conversations import new_conversation
from app.chat.errors import BadInput, ConversationBusy, NotFound, StorageUnavailable
from app.chat.identifiers import (
    ConversationId,
    MessageId,
    WriterId,
    new_conversation_id,
    new_message_id,
    new_turn_id,
    new_uuid,
)
from app.chat.paging import ActivityKey, Page, Window
from app.chat.parameters import CompletionParameters
from app.chat.records import Conversation, Role
from app.chat.status import MessageStatus
from app.chat.turns import digest
from app.log.connection import Connection
from app.storage.client import Database
from app.storage.records import PrismaRecords
from tests.chat.shaky_postgres import ShakyPostgres
from tests.conftest import with_database

DEADLINE_SECONDS = 15
DATABASE = "records"

Key = TypeVar("Key")
Item = TypeVar("Item")


@pytest.fixture(scope="module")
async def url(postgres: str, template: str) -> str:
    connection = await asyncpg.connect(postgres)
    await connection.execute(f'CREATE DATABASE "{DATABASE}" TEMPLATE "{template}"')
    await connection.close()
    return with_database(postgres, DATABASE)


@pytest.fixture(scope="module")
async def records(url: str) -> AsyncGenerator[PrismaRecords]:
    database = Database(url)
    await database.connect()
    yield PrismaRecords(database)
    await database.disconnect()


@pytest.fixture
async def sql(url: str) -> AsyncGenerator[Connection]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.fixture
async def writer(sql: Connection) -> WriterId:
    """A writer whose lease holds for as long as any test."""
    return await new_writer(sql)


@pytest.fixture
def owner() -> str:
    return f"owner-{new_uuid()}"


@pytest.fixture
def post(records: PrismaRecords, writer: WriterId, owner: str) -> Callable[..., Awaitable[StartedTurn]]:
    """Begins a turn of the owner's: `post(content, **Post)`."""

    async def begin(content: str = "Hello", **given: Any) -> StartedTurn:
        given.setdefault("replies", 0)
        return await records.begin_turn(turn(owner, Post(content, **given)), writer)

    return begin


Posting = Callable[..., Awaitable[StartedTurn]]


async def new_writer(sql: Connection) -> WriterId:
    writer = WriterId(new_uuid())
    await sql.execute("INSERT INTO writers (id, lease_until) VALUES ($1, now() + interval '1 hour')", writer)
    return writer


def turn(owner: str, post: Post) -> NewTurn:
    """As `Turns` makes it of a post."""
    conversation = None if post.conversation_id else new_conversation(owner)
    return NewTurn(
        id=new_turn_id(),
        owner=owner,
        conversation_id=conversation.id if conversation else post.conversation_id or new_conversation_id(),
        post=post,
        message_id=new_message_id(),
        reply_ids=tuple(new_message_id() for _ in range(post.replies)),
        model="m" if post.replies else None,
        payload_digest=digest(post),
        conversation=conversation,
    )


async def ended(sql: Connection, started: StartedTurn) -> None:
    """Ends the turn's replies, as the log does."""
    await sql.execute("UPDATE messages SET status = 'COMPLETE' WHERE turn_id = $1", started.message.turn_id)
    await sql.execute("UPDATE turns SET state = 'ENDED' WHERE id = $1", started.message.turn_id)


async def walk(
    page_at: Callable[[Window[Key]], Awaitable[Page[Item]]],
    key_of: Callable[[Item], Key],
    size: int,
    *,
    backward: bool,
    between: Callable[[], Awaitable[object]] | None = None,
) -> list[Item]:
    """All pages from one end to the other, each asked for by the cursor that the one before ended with."""
    found: list[Item] = []
    cursor: Key | None = None
    while True:
        window = Window(size, True, None, cursor) if backward else Window(size, False, cursor, None)
        page = await page_at(window)
        assert len(page.items) <= size
        found = [*page.items, *found] if backward else [*found, *page.items]
        if not (page.has_previous if backward else page.has_next):
            return found
        cursor = key_of(page.items[0] if backward else page.items[-1])
        if between:
            await between()


class TestConversations:
    async def test_what_is_created_is_found_as_it_was_given(self, records: PrismaRecords, owner: str) -> None:
        given = replace(
            new_conversation(owner),
            title="\u0085\u2028😀",
            system_prompt="",
            model="m",
            metadata={"n": None, "big": 2**64 - 1, "small": -(2**63), "f": 0.1, "text": '{"not": "parsed"}', "l": [[]]},
        )
        created = await records.create_conversation(given)
        assert created == replace(given, created_at=created.created_at, updated_at=created.updated_at)
        assert abs((created.created_at - given.created_at).total_seconds()) < 0.002
        assert await records.conversations(owner, [given.id]) == {given.id: created}

    async def test_only_those_that_exist_and_are_the_owners_are_found(self, records: PrismaRecords, owner: str) -> None:
        mine = await records.create_conversation(new_conversation(owner))
        other = await records.create_conversation(new_conversation(f"{owner}-2"))
        ids = [mine.id, other.id, new_conversation_id(), mine.id]
        assert await records.conversations(owner, ids) == {mine.id: mine}
        assert await records.conversations(owner, []) == {}

    async def test_an_update_of_nothing_changes_only_when_it_was_active(
        self, records: PrismaRecords, owner: str
    ) -> None:
        created = await records.create_conversation(replace(new_conversation(owner), title="kept", metadata={"a": 1}))
        updated = await records.update_conversation(owner, created.id, ConversationChanges())
        assert updated is not None
        assert updated == replace(created, updated_at=updated.updated_at)

    async def test_every_field_can_be_changed_and_cleared(self, records: PrismaRecords, owner: str) -> None:
        created = await records.create_conversation(new_conversation(owner))
        values: dict[str, Any] = {
            "title": "t\u2029",
            "system_prompt": "s",
            "model": "m",
            "archived": True,
            "metadata": {"a": [{}]},
        }
        cleared: dict[str, Any] = {
            "title": None,
            "system_prompt": None,
            "model": None,
            "archived": False,
            "metadata": {},
        }
        for each in (values, cleared):
            updated = await records.update_conversation(owner, created.id, ConversationChanges(**each))
            assert updated is not None
            assert {name: getattr(updated, name) for name in each} == each
            assert await records.conversations(owner, [created.id]) == {created.id: updated}

    async def test_anothers_is_neither_updated_nor_deleted(self, records: PrismaRecords, owner: str) -> None:
        created = await records.create_conversation(new_conversation(owner))
        assert await records.update_conversation("stranger", created.id, ConversationChanges(title="x")) is None
        assert not await records.delete_conversation("stranger", created.id)
        assert await records.conversations(owner, [created.id]) == {created.id: created}

    async def test_a_deleted_one_takes_its_tree_its_turns_and_its_log_with_it(
        self, records: PrismaRecords, owner: str, post: Posting, sql: Connection
    ) -> None:
        started = await post("Hello", replies=2, idempotency_key="k")
        reply = started.replies[0].id
        await sql.execute("INSERT INTO deltas (message_id, seq, content) VALUES ($1, 1, 'secret')", reply)
        kept = await post("kept")
        assert await records.delete_conversation(owner, started.conversation.id)
        assert not await records.delete_conversation(owner, started.conversation.id)
        assert list(await records.messages(owner, [started.message.id, reply, kept.message.id])) == [kept.message.id]
        for table in ("turns", "messages"):
            count = f"SELECT count(*) FROM {table} WHERE conversation_id = $1"
            assert await sql.fetchval(count, started.conversation.id) == 0
        assert await sql.fetchval("SELECT count(*) FROM deltas WHERE message_id = $1", reply) == 0

    async def test_they_are_counted_by_owner_and_kind(self, records: PrismaRecords, owner: str) -> None:
        for archived in (True, False, False):
            created = await records.create_conversation(new_conversation(owner))
            await records.update_conversation(owner, created.id, ConversationChanges(archived=archived))
        counts = [await records.conversation_count(owner, archived=kind) for kind in (True, False, None)]
        assert counts == [1, 2, 3]
        assert await records.conversation_count(f"{owner}-2", archived=None) == 0


class TestConversationPages:
    """Newest activity first; of the same millisecond the greater id first."""

    @pytest.fixture
    async def listed(self, records: PrismaRecords, owner: str, sql: Connection) -> list[Conversation]:
        """Nine, some of which were active in the same millisecond."""
        created = [await records.create_conversation(new_conversation(owner)) for _ in range(9)]
        await records.create_conversation(new_conversation(f"{owner}-2"))
        for number, each in enumerate(created):
            await sql.execute(
                "UPDATE conversations SET updated_at = '2026-01-01 00:00:00.001Z'::timestamptz"
                " + $2 * interval '1 ms' WHERE id = $1",
                each.id,
                number // 4,
            )
        found = await records.conversations(owner, [each.id for each in created])
        return sorted(found.values(), key=lambda each: (each.updated_at, each.id), reverse=True)

    @pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
    @pytest.mark.parametrize("size", [1, 2, 3, 8, 9, 10])
    async def test_pages_put_together_are_the_whole_list(
        self, records: PrismaRecords, owner: str, listed: list[Conversation], size: int, backward: bool
    ) -> None:
        found = await walk(
            lambda window: records.conversation_page(owner, window, archived=False), _key, size, backward=backward
        )
        assert found == listed

    @pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
    async def test_what_is_begun_meanwhile_neither_repeats_nor_skips_one(
        self, records: PrismaRecords, owner: str, listed: list[Conversation], backward: bool
    ) -> None:
        found = await walk(
            lambda window: records.conversation_page(owner, window, archived=False),
            _key,
            2,
            backward=backward,
            between=lambda: records.create_conversation(new_conversation(owner)),
        )
        known = [each for each in found if each in listed]
        assert known == listed
        assert found[len(found) - len(listed) :] == listed  # what is new is newest

    async def test_every_pair_of_cursors_gives_what_lies_between_them(
        self, records: PrismaRecords, owner: str, listed: list[Conversation]
    ) -> None:
        for low, high in itertools.combinations(range(len(listed)), 2):
            between = listed[low + 1 : high]
            after, before = _key(listed[low]), _key(listed[high])
            first = await records.conversation_page(owner, Window(3, False, after, before), archived=False)
            last = await records.conversation_page(owner, Window(3, True, after, before), archived=False)
            assert (first.items, last.items) == (between[:3], between[-3:])
            assert (first.has_next, first.has_previous) == (len(between) > 3, True)
            assert (last.has_next, last.has_previous) == (True, len(between) > 3)

    async def test_a_page_of_none_says_whether_there_are_any(
        self, records: PrismaRecords, owner: str, listed: list[Conversation]
    ) -> None:
        assert await records.conversation_page(owner, Window(0), archived=False) == Page([], True, False)
        assert await records.conversation_page(f"{owner}-3", Window(0), archived=False) == Page([], False, False)
        assert await records.conversation_page(f"{owner}-3", Window(5), archived=None) == Page([], False, False)


class TestBranchPages:
    @pytest.fixture
    async def branch(self, post: Posting) -> list[MessageId]:
        """Seven messages one after the other, from the root on; the third has another branch beside it."""
        first = await post("0")
        line = [first.message.id]
        for number in range(1, 7):
            started = await post(str(number), conversation_id=first.conversation.id, parent_id=line[-1])
            line.append(started.message.id)
        await post("beside", conversation_id=first.conversation.id, parent_id=line[1])
        return line

    @pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
    @pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
    async def test_pages_put_together_are_the_whole_branch(
        self, records: PrismaRecords, owner: str, branch: list[MessageId], size: int, backward: bool
    ) -> None:
        for length in (1, 2, 7):
            found = await walk(
                lambda window, tip=branch[length - 1]: records.branch_page(owner, tip, window),
                lambda each: each.id,
                size,
                backward=backward,
            )
            assert [each.id for each in found] == branch[:length]
            assert [each.text.content for each in found] == [str(number) for number in range(length)]

    async def test_every_window_gives_what_lies_between_its_cursors_and_says_what_lies_beyond(
        self, records: PrismaRecords, owner: str, branch: list[MessageId]
    ) -> None:
        edges = [None, *range(len(branch))]
        for after, before, size, backward in itertools.product(edges, edges, (0, 2, 7), (False, True)):
            window = Window(
                size, backward, None if after is None else branch[after], None if before is None else branch[before]
            )
            page = await records.branch_page(owner, branch[-1], window)
            low, high = (-1 if after is None else after) + 1, len(branch) if before is None else before
            between = branch[low:high]
            taken = (between[-size:] if size else []) if backward else between[:size]
            assert [each.id for each in page.items] == taken, window
            if taken:
                assert page.has_previous == (taken[0] != branch[0]), window
                assert page.has_next == (taken[-1] != branch[-1]), window
            elif between:
                assert page.has_previous if backward else page.has_next, window

    async def test_a_cursor_keeps_its_place_when_another_branch_is_selected(
        self, records: PrismaRecords, owner: str, branch: list[MessageId]
    ) -> None:
        [beside] = [each for each in (await records.siblings(owner, [branch[2]]))[branch[2]] if each.id != branch[2]]
        page = await records.branch_page(owner, beside.id, Window(5, after=branch[0]))
        assert [each.id for each in page.items] == [branch[1], beside.id]

    async def test_a_cursor_of_another_conversation_is_refused_by_name(
        self, records: PrismaRecords, owner: str, branch: list[MessageId], post: Posting
    ) -> None:
        elsewhere = (await post("elsewhere")).message.id
        for cursor in (elsewhere, new_message_id()):
            with pytest.raises(BadInput, match="^after: "):
                await records.branch_page(owner, branch[-1], Window(5, after=cursor))
            with pytest.raises(BadInput, match="^before: "):
                await records.branch_page(owner, branch[-1], Window(5, after=branch[0], before=cursor))

    async def test_of_anothers_conversation_there_is_nothing_to_see(
        self, records: PrismaRecords, branch: list[MessageId]
    ) -> None:
        for window in (Window[MessageId](5), Window(5, after=branch[0]), Window(5, True, None, branch[3])):
            assert await records.branch_page("stranger", branch[-1], window) == Page([], False, False)
        assert await records.branch_page("stranger", new_message_id(), Window()) == Page([], False, False)


class TestMessages:
    async def test_only_those_that_exist_and_are_the_owners_are_found(
        self, records: PrismaRecords, owner: str, post: Posting
    ) -> None:
        started = await post("Hello", replies=1, metadata={"a": [None]})
        found = await records.messages(owner, [started.message.id, started.replies[0].id, new_message_id()])
        assert found == {started.message.id: started.message, started.replies[0].id: started.replies[0]}
        assert await records.messages("stranger", [started.message.id]) == {}
        assert await records.messages(owner, []) == {}

    async def test_siblings_are_all_with_the_same_parent_oldest_first(
        self, records: PrismaRecords, owner: str, post: Posting, sql: Connection
    ) -> None:
        started = await post("Hello", replies=3)
        await ended(sql, started)
        edited = await post("Hi", conversation_id=started.conversation.id, parent_id=started.message.id)
        expected = [*(each.id for each in started.replies), edited.message.id]
        found = await records.siblings(owner, [started.replies[1].id, edited.message.id, started.message.id])
        assert [each.id for each in found[started.replies[1].id]] == expected
        assert [each.id for each in found[edited.message.id]] == expected
        assert [each.id for each in found[started.message.id]] == [started.message.id]
        assert await records.siblings("stranger", [started.message.id]) == {}

    async def test_siblings_at_the_root_are_those_of_their_own_conversation(
        self, records: PrismaRecords, owner: str, post: Posting, sql: Connection
    ) -> None:
        one, other = await post("one"), await post("other")
        second = new_message_id()  # a root that was edited: its sibling has no parent either
        await sql.execute(
            "INSERT INTO messages (id, conversation_id, depth, role, status, content)"
            " VALUES ($1, $2, 0, 'USER', 'COMPLETE', 'one, edited')",
            second,
            one.conversation.id,
        )
        found = await records.siblings(owner, [second, other.message.id])
        assert [each.id for each in found[second]] == [one.message.id, second]
        assert [each.id for each in found[other.message.id]] == [other.message.id]

    async def test_replies_in_flight_are_found_by_conversation_oldest_first(
        self, records: PrismaRecords, owner: str, post: Posting, sql: Connection
    ) -> None:
        one, other, idle = await post(replies=2), await post(replies=1), await post()
        ids = [each.conversation.id for each in (one, other, idle)]
        assert await records.active_replies(owner, ids) == {
            one.conversation.id: [each.id for each in one.replies],
            other.conversation.id: [other.replies[0].id],
        }
        assert await records.active_replies("stranger", ids) == {}
        await ended(sql, one)
        assert await records.active_replies(owner, ids) == {other.conversation.id: [other.replies[0].id]}


class TestTurns:
    async def test_all_rows_of_a_turn_are_as_it_says(
        self, records: PrismaRecords, owner: str, writer: WriterId, sql: Connection
    ) -> None:
        parameters = CompletionParameters(temperature=0, stop=("\u2028",), seed=-(2**63))
        given = turn(owner, Post("é\u0085", role=Role.DATA, replies=2, parameters=parameters, metadata={"k": "v"}))
        started = await records.begin_turn(given, writer)
        assert (started.conversation.id, started.conversation.owner) == (given.conversation_id, owner)
        assert started.conversation.tip_id == given.reply_ids[0]
        message = started.message
        assert (message.id, message.role, message.status) == (given.message_id, Role.DATA, MessageStatus.COMPLETE)
        assert (message.text.content, message.metadata, message.depth) == ("é\u0085", {"k": "v"}, 0)
        assert message.turn_id == given.id
        assert tuple(each.id for each in started.replies) == given.reply_ids
        for reply in started.replies:
            assert (reply.role, reply.status, reply.depth) == (Role.ASSISTANT, MessageStatus.STREAMING, 1)
            assert (reply.parent_id, reply.model, reply.parameters) == (message.id, "m", parameters)
        row = await sql.fetchrow("SELECT * FROM turns WHERE id = $1", given.id)
        assert row is not None
        assert (row["state"], row["message_id"], row["payload_digest"]) == (
            "RUNNING",
            given.message_id,
            given.payload_digest,
        )

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        content=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1),
        metadata=st.dictionaries(
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
            st.recursive(
                st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text("aé\u2028\\\"'${}"),
                lambda inner: st.lists(inner, max_size=3),
                max_leaves=5,
            ),
            max_size=3,
        ),
    )
    async def test_any_text_and_metadata_come_back_unchanged(
        self, records: PrismaRecords, owner: str, writer: WriterId, content: str, metadata: dict[str, Any]
    ) -> None:
        started = await records.begin_turn(turn(owner, Post(content, replies=0, metadata=metadata)), writer)
        [found] = (await records.messages(owner, [started.message.id])).values()
        assert found == started.message
        assert (found.text.content, found.metadata) == (content, metadata)

    async def test_a_conversation_takes_one_turn_with_replies_at_a_time(
        self, records: PrismaRecords, owner: str, post: Posting, sql: Connection
    ) -> None:
        first = await post(replies=2)
        with pytest.raises(ConversationBusy) as busy:
            await post(conversation_id=first.conversation.id, replies=1)
        assert busy.value.active == first.replies[0].id
        note = await post(conversation_id=first.conversation.id)
        assert note.message.parent_id == first.replies[0].id
        await ended(sql, first)
        assert (await post(conversation_id=first.conversation.id, replies=1)).message.parent_id == note.message.id

    async def test_of_two_turns_at_once_one_begins_and_nothing_of_the_other_is_left(
        self, records: PrismaRecords, owner: str, post: Posting, sql: Connection
    ) -> None:
        first = await post()
        async with sql.transaction():
            await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", first.conversation.id)
            posts = [
                asyncio.create_task(post(str(n), conversation_id=first.conversation.id, replies=1)) for n in range(2)
            ]
            await waiting(sql, 2)
        results = await asyncio.gather(*posts, return_exceptions=True)
        [begun] = [each for each in results if isinstance(each, StartedTurn)]
        [refused] = [each for each in results if isinstance(each, ConversationBusy)]
        assert refused.active == begun.replies[0].id
        assert (
            await sql.fetchval("SELECT count(*) FROM messages WHERE conversation_id = $1", first.conversation.id) == 3
        )

    async def test_messages_posted_at_once_form_one_chain_with_none_lost(
        self, records: PrismaRecords, owner: str, post: Posting, sql: Connection
    ) -> None:
        first = await post("first")
        async with sql.transaction():
            await sql.execute("SELECT FROM conversations WHERE id = $1 FOR UPDATE", first.conversation.id)
            posts = [asyncio.create_task(post(str(n), conversation_id=first.conversation.id)) for n in range(8)]
            await waiting(sql, 8)
        await asyncio.gather(*posts)
        assert sorted(await chain(records, owner, first.conversation.id)) == [*map(str, range(8)), "first"]

    async def test_messages_posted_at_once_to_a_conversation_that_is_empty_form_one_chain(
        self, records: PrismaRecords, owner: str, post: Posting
    ) -> None:
        empty = await records.create_conversation(new_conversation(owner))
        await asyncio.gather(*(post(str(n), conversation_id=empty.id) for n in range(8)))
        assert sorted(await chain(records, owner, empty.id)) == list(map(str, range(8)))

    async def test_a_writer_that_has_lost_its_lease_begins_nothing(
        self, records: PrismaRecords, owner: str, post: Posting, sql: Connection
    ) -> None:
        first = await post()
        gone = WriterId(new_uuid())
        for given in (Post("new", replies=1), Post("old", conversation_id=first.conversation.id, replies=1)):
            with pytest.raises(StorageUnavailable, match="lease"):
                await records.begin_turn(turn(owner, given), gone)
        assert await records.conversation_count(owner, archived=None) == 1
        assert await chain(records, owner, first.conversation.id) == ["Hello"]

    async def test_a_turn_waits_for_the_reaper_and_then_begins_nothing(
        self, records: PrismaRecords, owner: str, sql: Connection
    ) -> None:
        """The writer is dismissed while the turn is on its way: the row lock decides which of the two is first."""
        paused = await new_writer(sql)
        async with sql.transaction():
            await sql.execute("DELETE FROM writers WHERE id = $1", paused)
            beginning = asyncio.create_task(records.begin_turn(turn(owner, Post("Hello")), paused))
            await waiting(sql, 1)
        with pytest.raises(StorageUnavailable, match="lease"):
            await beginning
        assert await records.conversation_count(owner, archived=None) == 0

    async def test_what_is_not_there_or_is_anothers_cannot_be_posted_to(
        self, records: PrismaRecords, owner: str, post: Posting
    ) -> None:
        mine, elsewhere = await post(), await post()
        with pytest.raises(NotFound, match="conversation"):
            await post(conversation_id=new_conversation_id())
        for parent in (elsewhere.message.id, new_message_id()):
            with pytest.raises(NotFound, match="parent"):
                await post(conversation_id=mine.conversation.id, parent_id=parent)
        assert await chain(records, owner, mine.conversation.id) == ["Hello"]

    async def test_anothers_conversation_cannot_be_posted_to(
        self, records: PrismaRecords, writer: WriterId, post: Posting
    ) -> None:
        mine = await post()
        with pytest.raises(NotFound, match="conversation"):
            await records.begin_turn(turn("stranger", Post("x", conversation_id=mine.conversation.id)), writer)


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
            lambda: records.update_conversation(owner, conversation.id, ConversationChanges(title="x")),
            lambda: records.delete_conversation(owner, conversation.id),
            lambda: records.conversations(owner, conversations),
            lambda: records.conversation_page(owner, Window(), archived=None),
            lambda: records.conversation_count(owner, archived=None),
            lambda: records.messages(owner, messages),
            lambda: records.siblings(owner, messages),
            lambda: records.branch_page(owner, messages[0], Window()),
            lambda: records.active_replies(owner, conversations),
            lambda: records.begin_turn(turn(owner, Post("x")), writer),
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


def _key(conversation: Conversation) -> ActivityKey:
    return ActivityKey(conversation.updated_at, conversation.id)


async def chain(records: PrismaRecords, owner: str, id: ConversationId) -> list[str]:
    """What the selected branch says, from its root to its tip."""
    [conversation] = (await records.conversations(owner, [id])).values()
    assert conversation.tip_id is not None
    page = await records.branch_page(owner, conversation.tip_id, Window(100))
    return [each.text.content for each in page.items]


async def waiting(sql: Connection, count: int) -> None:
    """Returns when that many statements wait for a lock."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (
            await sql.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            < count
        ):
            await asyncio.sleep(0.01)
            await sql.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the activity of its first look
