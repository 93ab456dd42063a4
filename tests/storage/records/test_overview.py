"""A page of conversations with what is shown of each is what separate reads give, in one statement."""

from __future__ import annotations

import itertools
import json

import pytest

from app.chat.completion import PromptMessage
from app.chat.message_parts import MessageParts
from app.chat.overview import Overview, Shown
from app.chat.paging import ActivityKey, Depth, Page, Window
from app.chat.records import Conversation, Role
from app.log.connection import Connection
from app.storage.conversation_statements import overview
from app.storage.records import PrismaRecords
from tests.storage.records.conftest import Posting

BRANCHES: tuple[Window[Depth], ...] = (
    Window(2, backward=True),
    Window(3),
    Window(0),
    Window(2, after=Depth(0)),
    Window(9, backward=True, before=Depth(2)),
)
LONG = 3_000_000
"""Two of them are more than PostgreSQL holds in memory for one step of a statement."""
EVERYTHING = Shown(BRANCHES, active=True, total=True)


@pytest.fixture
async def owned(records: PrismaRecords, post: Posting, owner: str, sql: Connection) -> list[Conversation]:
    """Newest first: of different lengths, with branches, some archived, one busy, one without messages."""
    for length in range(1, 6):
        started = await post("0")
        for number in range(1, length):
            await post(str(number), conversation_id=started.conversation.id)
        await post("beside", conversation_id=started.conversation.id, parent_id=started.message.id)
        await post("last", conversation_id=started.conversation.id, replies=2 if length == 2 else 0)
    await sql.execute(
        "UPDATE conversations SET archived = true WHERE id IN (SELECT id FROM conversations WHERE owner = $1 LIMIT 2)",
        owner,
    )
    await sql.execute("INSERT INTO conversations (id, owner) VALUES (gen_random_uuid(), $1)", owner)
    return list((await records.conversation_page(owner, Window(100), archived=None)).items)


async def read_separately(
    records: PrismaRecords, owner: str, window: Window[ActivityKey], shown: Shown, archived: bool | None
) -> Overview:
    page = await records.conversation_page(owner, window, archived=archived)
    queries = [(each.tip_id, window) for each in page.items for window in shown.branches if each.tip_id]
    active = await records.active_replies(owner, [each.id for each in page.items])
    total = await records.conversation_count(owner, archived=archived) if page.items and shown.total else None
    return Overview(
        Page(page.items, page.has_next, page.has_previous, total),
        await records.branch_pages(owner, queries),
        {id: replies[0] for id, replies in active.items()} if shown.active else {},
    )


@pytest.mark.parametrize("archived", [None, False, True])
@pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
async def test_it_is_what_separate_reads_give(
    records: PrismaRecords, owner: str, owned: list[Conversation], backward: bool, archived: bool | None
) -> None:
    edge = ActivityKey(owned[1].updated_at, owned[1].id)
    for size, after in itertools.product((0, 1, 3, 20), (None, edge)):
        for shown in (EVERYTHING, Shown(BRANCHES[:1]), Shown(active=True), Shown(total=True), Shown()):
            window = Window(size, backward, after)
            found = await records.overview(owner, window, shown, archived=archived)
            separate = await read_separately(records, owner, window, shown, archived)
            assert found.branches == separate.branches
            assert found.active == separate.active
            if size:
                assert found.conversations == separate.conversations


async def test_every_conversation_is_there_with_its_own_branch(
    records: PrismaRecords, owner: str, owned: list[Conversation]
) -> None:
    found = await records.overview(owner, Window(20), EVERYTHING, archived=None)
    assert list(found.conversations.items) == owned
    tips = [each.tip_id for each in owned if each.tip_id]
    assert found.branches.keys() == set(itertools.product(tips, BRANCHES))
    for each in owned:
        if each.tip_id:
            [*_, tip] = found.branches[each.tip_id, BRANCHES[0]].items
            assert (tip.id, tip.conversation_id) == (each.tip_id, each.id)
    assert len(found.active) == 1


async def test_nothing_of_it_is_anybody_elses(records: PrismaRecords, owner: str, owned: list[Conversation]) -> None:
    assert owned
    stranger = await records.overview(f"{owner}-2", Window(20), EVERYTHING, archived=None)
    assert stranger == Overview(Page([], False, False))


async def test_a_tip_in_anothers_conversation_shows_nothing(
    records: PrismaRecords, owner: str, owned: list[Conversation], sql: Connection
) -> None:
    """No bug may write one; should one, it still shows nothing."""
    thief = f"{owner}-3"
    await sql.execute(
        "INSERT INTO conversations (id, owner, tip_id) VALUES (gen_random_uuid(), $1, $2)", thief, owned[1].tip_id
    )
    found = await records.overview(thief, Window(20), EVERYTHING, archived=None)
    assert len(found.conversations.items) == 1
    assert (found.branches, found.active) == ({}, {})


async def test_where_texts_are_long_every_branch_is_shown_a_part_of(
    records: PrismaRecords, owner: str, owned: list[Conversation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.message_tree.MAX_ANSWER_BYTES", 3 * 20)  # of 20 branches, texts of 1 to 6 bytes
    shown = Shown((Window(9),))
    found = (await records.overview(owner, Window(20), shown, archived=None)).branches
    queries = [(each.tip_id, shown.branches[0]) for each in owned if each.tip_id]
    assert found.keys() == set(queries)
    for page in found.values():
        [*taken, _] = [len(each.text.content) for each in page.items]
        assert sum(taken) < 3
    monkeypatch.undo()
    monkeypatch.setattr("app.storage.message_tree.MAX_BRANCH_PAGE_BYTES", 3)
    assert await records.branch_pages(owner, queries) == found


@pytest.mark.parametrize("backward", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("most_bytes", [1, 2, 5, 6, 9, 10])
async def test_of_tips_that_are_too_long_together_it_has_the_first_ones_and_says_nothing_of_the_others(
    records: PrismaRecords, owner: str, post: Posting, monkeypatch: pytest.MonkeyPatch, backward: bool, most_bytes: int
) -> None:
    texts = ["a", "éé", "bbb", "c", "d"]
    started = [await post(text) for text in texts]
    listed = started if backward else started[::-1]
    sizes = [len(each.message.text.content.encode()) for each in listed]
    tip = Window[Depth](1, backward=True)
    monkeypatch.setattr("app.storage.message_tree.MAX_ANSWER_BYTES", most_bytes)
    found = await records.overview(owner, Window(5, backward), Shown((tip,)), archived=None)
    assert len(found.conversations.items) == len(texts)
    fitting = [each for number, each in enumerate(listed) if sum(sizes[:number]) < most_bytes]
    assert found.branches == {
        (each.message.id, tip): Page([each.message], has_next=False, has_previous=False, total=1) for each in fitting
    }


async def test_no_branch_goes_on_where_another_one_would_not_begin(
    records: PrismaRecords, owner: str, post: Posting, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = await post("c")
    newer = await post("bbbb", before=(PromptMessage(Role.USER, "a"),))
    monkeypatch.setattr("app.storage.message_tree.MAX_ANSWER_BYTES", 5)
    whole = Window[Depth](9)
    found = (await records.overview(owner, Window(2), Shown((whole,)), archived=None)).branches
    said = {tip: [each.text.content for each in page.items] for (tip, _), page in found.items()}
    assert said == {older.message.id: ["c"], newer.message.id: ["a", "bbbb"]}


async def test_long_texts_are_never_written_aside_to_be_read_again(
    owner: str, sql: Connection, records: PrismaRecords, post: Posting
) -> None:
    """Until they are sent they lie where they are stored."""
    for _ in range(3):
        await post('"' * LONG)
    windows = [{"window": number, "size": 20, "backward": True} for number in range(2)]
    for statement in (overview(backward=each, parts=MessageParts.WHOLE) for each in (False, True)):
        for most_bytes in (1, 2**25):
            arguments = (owner, [False, True], *[None] * 4, 20, json.dumps(windows), most_bytes, 2**27, True, True)
            explained = await sql.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *arguments)
            [plan] = json.loads(explained)
            assert plan["Plan"]["Actual Rows"] == 3 + 2 * 3 + 2 * 3
            assert plan["Plan"]["Temp Written Blocks"] == 0
