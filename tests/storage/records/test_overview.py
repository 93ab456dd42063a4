"""A page of conversations with what is shown of each is what separate reads give, in one statement."""

from __future__ import annotations

import itertools

import pytest

from app.chat.overview import Overview, Shown
from app.chat.paging import ActivityKey, Depth, Page, Window
from app.chat.records import Conversation
from app.log.connection import Connection
from app.storage.records import PrismaRecords
from tests.storage.records.conftest import Posting

BRANCHES: tuple[Window[Depth], ...] = (
    Window(2, backward=True),
    Window(3),
    Window(0),
    Window(2, after=Depth(0)),
    Window(9, backward=True, before=Depth(2)),
)
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
    monkeypatch.setattr("app.storage.message_tree.MAX_ANSWER_BYTES", 3 * len(queries))
    assert await records.branch_pages(owner, queries) == found
