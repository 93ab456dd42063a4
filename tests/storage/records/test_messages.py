from __future__ import annotations

import pytest

from app.chat.errors import BadInput
from app.chat.identifiers import new_message_id
from app.log.connection import Connection
from app.storage import message_tree
from app.storage.records import PrismaRecords
from tests.storage.records.conftest import Posting, ended


async def test_only_those_that_exist_and_are_the_owners_are_found(
    records: PrismaRecords, owner: str, post: Posting
) -> None:
    started = await post("Hello", replies=1, metadata={"a": [None]})
    found = await records.messages(owner, [started.message.id, started.replies[0].id, new_message_id()])
    assert found == {started.message.id: started.message, started.replies[0].id: started.replies[0]}
    assert await records.messages("stranger", [started.message.id]) == {}
    assert await records.messages(owner, []) == {}


async def test_siblings_are_all_with_the_same_parent_oldest_first(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
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


async def test_siblings_with_more_text_than_an_answer_can_hold_are_refused_and_not_read(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = await post("Hello", replies=2)
    for reply in started.replies:
        await sql.execute("UPDATE messages SET content = 'ä', reasoning = 'ab' WHERE id = $1", reply.id)
    ids = [each.id for each in started.replies]
    monkeypatch.setattr(message_tree, "MAX_ANSWER_BYTES", 8)
    assert set(await records.siblings(owner, ids)) == set(ids)
    monkeypatch.setattr(message_tree, "MAX_ANSWER_BYTES", 7)
    with pytest.raises(BadInput, match="siblings: have more than 7 bytes"):
        await records.siblings(owner, ids)


async def test_siblings_at_the_root_are_those_of_their_own_conversation(
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
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
    records: PrismaRecords, owner: str, post: Posting, sql: Connection
) -> None:
    one, other, idle = await post(replies=2), await post(replies=1), await post()
    ids = [each.conversation.id for each in (one, other, idle)]
    assert await records.active_replies(owner, ids) == {
        one.conversation.id: list(one.replies),
        other.conversation.id: list(other.replies),
    }
    assert await records.active_replies("stranger", ids) == {}
    await ended(sql, one)
    assert await records.active_replies(owner, ids) == {other.conversation.id: list(other.replies)}
