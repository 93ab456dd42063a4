from __future__ import annotations

from itertools import product

import pytest

from app.chat.changes import ConversationChanges, Post
from app.chat.identifiers import WriterId
from app.chat.paging import Page, Window
from app.chat.search_hit import SearchHit, SearchKey
from app.log.connection import Connection
from app.storage.records import PrismaRecords
from tests.storage.records.conftest import Posting, turn
from tests.storage.records.page_walk import walk
from tests.storage.records.said import ALL, found, say, shown


@pytest.mark.parametrize(
    ("content", "query"),
    [
        ("The tide comes in", "TIDE"),
        ("The tide comes in", "in tide"),
        ("The spring tide", '"spring tide"'),
        ("ebb", "flood or ebb"),
        ("The tide comes in", "tide -moon"),
        ("The tide comes in", "-moon"),
        ("embeddings", "embed*"),
        ("École", "école"),
        ("e\u0301cole", "\u00e9cole"),
        ("ПРИВЕТ", "привет"),
        ("straße", "Straße"),
        ("東京都は大きい", "東京"),
        ("iPhoneの使い方", "iPhone 使い方"),
        ("학교에서 만나요", "학교"),
        ("ภาษาไทยง่าย", "ไทย"),
        ("हिन्दी में", "हिन्दी"),
        ("שלום עולם", "עולם"),
        ("see app/log/writer.py there", "writer"),
        ("see app/log/writer.py there", "log/writer.py"),
        ("a vector<string> of it", "string"),
        ("<div class=big>x</div>", "class"),
        ("a well-known fact", "known"),
        ("a well-known fact", "well-known"),
        ("pi is 3.14", "3.14"),
        ("write to me@example.com", "example"),
        ("foo_bar", "bar"),
        ("don't", "don't"),
        ("fish &amp; chips", "amp"),
    ],
)
async def test_what_was_said_is_found(
    records: PrismaRecords, owner: str, post: Posting, content: str, query: str
) -> None:
    await post(content)
    assert await found(records, owner, query) == [content]


@pytest.mark.parametrize(
    ("content", "query"),
    [
        ("The tide comes in", "tide moon"),
        ("tide of spring", '"spring tide"'),
        ("tide and moon", "tide -moon"),
        ("embeddings", "embed"),
        ("京東", "東京"),
        ("anything", "*"),
        ("anything", '""'),
        ("anything", "?!…"),
        ("anything", ""),
    ],
)
async def test_what_does_not_match_is_not_found(
    records: PrismaRecords, owner: str, post: Posting, content: str, query: str
) -> None:
    await post(content)
    assert await found(records, owner, query) == []


async def test_nobody_finds_what_another_has_said(records: PrismaRecords, owner: str, writer: WriterId) -> None:
    for each in (owner, f"{owner}-other"):
        await records.begin_turn(turn(each, Post(f"mine {each}", replies=0)), writer)
    for query in ("mine", "-nothing", "mine or other", f"-x or {owner}"):
        assert await found(records, owner, query) == [f"mine {owner}"]


@pytest.mark.parametrize(
    ("content", "query", "excerpt"),
    [
        ("The tide comes in", "tide", "The [tide] comes in"),
        ("東京都は大きい", "京都", "東[京都]は大きい"),
        ("see app/log/writer.py there", "log/writer", "see app/[log]/[writer].py there"),
        ("a <b>bold</b> tide", "tide", "a <b>bold</b> [tide]"),
        ("a\x02b\x03 tide \x04\x01c", "tide", "a b  [tide]   c"),
    ],
)
async def test_an_excerpt_shows_where_the_match_is(
    records: PrismaRecords, owner: str, post: Posting, content: str, query: str, excerpt: str
) -> None:
    await post(content)
    [hit] = (await records.search(owner, query, ALL)).items
    assert shown(hit) == excerpt


async def test_more_and_closer_matches_come_first_and_of_equals_the_newest(
    records: PrismaRecords, owner: str, post: Posting
) -> None:
    for content in ("spring one two three tide", "spring tide", "spring tide", "no such thing"):
        await post(content)
    page = await records.search(owner, "spring tide", ALL)
    assert [each.message.text.content for each in page.items] == ["spring tide"] * 2 + ["spring one two three tide"]
    first, second, third = page.items
    assert first.rank == second.rank > third.rank > 0
    assert first.message.id > second.message.id


@pytest.mark.parametrize("size", [1, 3, 7])
async def test_an_insert_while_paging_neither_repeats_nor_skips_what_was_there(
    records: PrismaRecords, owner: str, post: Posting, size: int
) -> None:
    contents = ["tide " * (number % 3 + 1) + "x " * (number % 5) for number in range(14)]
    ids = {(await post(content)).message.id for content in contents}

    async def interfere() -> None:
        for content in ("tide tide tide tide", "tide", "tide " + "x " * 9):
            await post(content)

    async def page_at(window: Window[SearchKey]) -> Page[SearchHit]:
        return await records.search(owner, "tide", window)

    found = await walk(page_at, lambda hit: hit.key, size, backward=False, between=interfere)
    keys = [(hit.rank, hit.message.id) for hit in found]
    assert keys == sorted(keys, reverse=True)
    assert len(set(keys)) == len(keys)
    assert ids <= {hit.message.id for hit in found}


async def test_a_page_knows_what_lies_around_it(records: PrismaRecords, owner: str, post: Posting) -> None:
    for _ in range(3):
        await post("tide")
    first = await records.search(owner, "tide", Window(2))
    assert (len(first.items), first.has_next, first.has_previous) == (2, True, False)
    second = await records.search(owner, "tide", Window(2, after=first.items[-1].key))
    assert (len(second.items), second.has_next, second.has_previous) == (1, False, True)
    none = await records.search(owner, "tide", Window(0))
    assert (len(none.items), none.has_next) == (0, True)


async def test_a_reply_is_found_once_it_has_ended(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    started = await post("a question", replies=1)
    [reply] = started.replies
    await sql.execute("UPDATE messages SET content = 'the answer' WHERE id = $1", reply.id)
    assert await found(records, owner, "answer") == []
    await sql.execute("UPDATE messages SET status = 'STOPPED' WHERE id = $1", reply.id)
    assert await found(records, owner, "answer") == ["the answer"]


async def test_an_archived_conversation_is_searched_too(records: PrismaRecords, owner: str, post: Posting) -> None:
    id = (await post("tide")).conversation.id
    await records.update_conversation(owner, id, ConversationChanges(archived=True))
    assert await found(records, owner, "tide") == ["tide"]


async def test_what_is_deleted_is_not_found(records: PrismaRecords, owner: str, post: Posting, sql: Connection) -> None:
    id = (await post("tide")).conversation.id
    assert await found(records, owner, "tide") == ["tide"]
    assert await records.delete_conversation(owner, id)
    assert await found(records, owner, "tide") == []
    assert await sql.fetchval("SELECT count(*) FROM search_entries WHERE owner = $1", owner) == 0


LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(" ".join(map("".join, product(LETTERS, repeat=2))) + " ", id="2-letter words"),
        pytest.param(" ".join(map("".join, product(LETTERS, LETTERS, LETTERS))) + " ", id="3-letter words"),
        pytest.param("-".join(map("".join, product(LETTERS, LETTERS, LETTERS))) + "-", id="hyphens"),
        pytest.param("/".join(map("".join, product(LETTERS, LETTERS, LETTERS))) + "/", id="a path"),
        pytest.param("http://a.bc/d?e=f " + ".".join(map("".join, product("abcdef", repeat=6))), id="a host"),
        pytest.param("".join(map(chr, range(0x20000, 0x32000))), id="every rare ideograph"),
        pytest.param(" ".join(map(chr, range(0x10000, 0x1F000))), id="every rare letter"),
        pytest.param(
            " ".join("\u023a" + chr(a) + chr(b) for a in range(0x400, 0x500) for b in range(0x400, 0x480)),
            id="letters that grow in lower case",
        ),
        pytest.param(" ".join("\ufdfa" + str(number) for number in range(20_000)), id="a letter that is a sentence"),
        pytest.param("\ufdfa" * 100_000, id="sentences"),
        pytest.param(
            " ".join(map("".join, product(map(chr, range(0xFDF2, 0xFDF9)), repeat=6))), id="letters that are words"
        ),
        pytest.param("x" * 8_000_000, id="one word"),
        pytest.param("<a " * 2_000_000, id="tags"),
        pytest.param("".join(map(chr, range(1, 0xD800))), id="every kind"),
    ],
)
async def test_a_long_text_is_searchable_however_it_is_written(
    records: PrismaRecords, owner: str, sql: Connection, text: str
) -> None:
    content = "tide " + (text * (8_000_000 // len(text.encode()) + 1))
    await say(sql, owner, [content])
    [hit] = (await records.search(owner, "tide", ALL)).items
    assert shown(hit).startswith("[tide]")
