"""The tree of a conversation: edits and regenerated replies as siblings, branches that are selected, imports."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from app.api.graphql import limits
from tests.api.graphql.client import OWNER_HEADER, Client

TURN = "conversation { id tip { id } } message { id role content } reply { id status parent { id } } replies { id }"
EDIT = f"mutation Edit($input: EditMessageInput!) {{ editMessage(input: $input) {{ {TURN} }} }}"
REGENERATE = f"mutation Regenerate($input: RegenerateInput!) {{ regenerate(input: $input) {{ {TURN} }} }}"
SELECT = "mutation Select($id: ID!) { selectBranch(messageId: $id) { id messages { nodes { content } } } }"
CREATE = """
mutation Create($input: CreateConversationInput!) {
  createConversation(input: $input) { id title tip { id } messages { nodes { role status content } } }
}
"""
SIBLINGS = "query Siblings($id: ID!) { message(id: $id) { siblings { id } } }"
UNKNOWN = "msg_01h2xcejqtf2nbrexx3vqjhp41"
UNKNOWN_MESSAGE = {"code": "NOT_FOUND", "message": "message does not exist"}


async def edit(client: Client, id: str, content: str, **input: Any) -> Any:
    return (await client.data(EDIT, input={"messageId": id, "content": content, **input}))["editMessage"]


async def regenerate(client: Client, id: str, **input: Any) -> Any:
    return (await client.data(REGENERATE, input={"messageId": id, **input}))["regenerate"]


async def select(client: Client, id: str) -> list[str]:
    chosen = (await client.data(SELECT, id=id))["selectBranch"]
    return [each["content"] for each in chosen["messages"]["nodes"]]


async def siblings(client: Client, id: str) -> list[str]:
    return [each["id"] for each in (await client.data(SIBLINGS, id=id))["message"]["siblings"]]


async def answered(client: Client) -> Any:
    posted = await client.post("Hello", model="demo-fast")
    await client.follow(posted["reply"]["id"])
    return posted


async def test_an_edit_is_a_sibling_of_the_message_with_a_reply_of_its_own(client: Client) -> None:
    posted = await answered(client)
    edited = await edit(client, posted["message"]["id"], "Good morning", model="demo-fast")
    assert (edited["message"]["role"], edited["message"]["content"]) == ("USER", "Good morning")
    assert edited["reply"]["parent"] == {"id": edited["message"]["id"]}
    assert edited["conversation"] == {"id": posted["conversation"]["id"], "tip": {"id": edited["reply"]["id"]}}
    assert (await client.follow(edited["reply"]["id"]))[-1]["message"]["status"] == "COMPLETE"
    assert await siblings(client, posted["message"]["id"]) == [posted["message"]["id"], edited["message"]["id"]]


async def test_an_edit_can_go_without_a_reply(client: Client) -> None:
    posted = await client.post("Hello", reply=False)
    edited = await edit(client, posted["message"]["id"], "Good morning", reply=False)
    assert (edited["reply"], edited["replies"]) == (None, [])


async def test_a_regenerated_reply_is_a_sibling_of_the_first(client: Client) -> None:
    posted = await answered(client)
    anew = await regenerate(client, posted["reply"]["id"], n=2, model="demo-fast")
    ids = [each["id"] for each in anew["replies"]]
    assert (anew["message"]["id"], anew["reply"]["id"]) == (posted["message"]["id"], ids[0])
    assert anew["conversation"]["tip"] == {"id": ids[0]}
    for id in ids:
        assert (await client.follow(id))[-1]["message"]["status"] == "COMPLETE"
    assert await siblings(client, posted["reply"]["id"]) == [posted["reply"]["id"], *ids]


async def test_siblings_of_siblings_are_given_up_to_a_limit_and_not_one_more(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted = await client.post("Hello", reply=False)
    for each in range(3):
        await edit(client, posted["message"]["id"], f"Hello {each}", reply=False)
    query, id = "query ($id: ID!) { message(id: $id) { siblings { siblings { id } } } }", posted["message"]["id"]
    monkeypatch.setattr(limits, "MAX_SIBLINGS_GIVEN", 4 + 4 * 4)
    found = (await client.data(query, id=id))["message"]["siblings"]
    assert [len(each["siblings"]) for each in found] == [4] * 4
    monkeypatch.setattr(limits, "MAX_SIBLINGS_GIVEN", 4 + 4 * 4 - 1)
    assert (await client.error(query, id=id))["code"] == "QUERY_TOO_COMPLEX"


async def test_with_a_key_the_same_edit_or_regeneration_is_done_once(client: Client) -> None:
    posted = await answered(client)
    for first, again in [
        [await edit(client, posted["message"]["id"], "Hi", idempotencyKey="e", reply=False) for _ in range(2)],
        [await regenerate(client, posted["reply"]["id"], idempotencyKey="r", model="demo-fast") for _ in range(2)],
    ]:
        assert (first["message"], first["replies"]) == (again["message"], again["replies"])
    input = {"messageId": posted["message"]["id"], "content": "Hi", "idempotencyKey": "r"}
    assert (await client.error(EDIT, input=input))["code"] == "IDEMPOTENCY_CONFLICT"


async def test_while_a_reply_is_in_flight_both_are_refused_with_what_is_in_the_way(client: Client) -> None:
    posted = await client.post("Hello", model="slow")
    message, reply = posted["message"]["id"], posted["reply"]["id"]
    for query, input in ((EDIT, {"messageId": message, "content": "x"}), (REGENERATE, {"messageId": reply})):
        error = await client.error(query, input=input)
        assert (error["code"], error["activeMessageId"]) == ("CONVERSATION_BUSY", reply)
    assert len(await siblings(client, message)) == len(await siblings(client, reply)) == 1


async def test_a_branch_is_selected_and_shown(client: Client) -> None:
    posted = await client.post("One", reply=False)
    edited = await edit(client, posted["message"]["id"], "Eins", reply=False)
    assert await select(client, posted["message"]["id"]) == ["One"]
    assert await select(client, edited["message"]["id"]) == ["Eins"]


async def test_a_conversation_begins_with_what_was_said_elsewhere(client: Client) -> None:
    said = [{"role": "SYSTEM", "content": "Be brief."}, {"role": "USER", "content": "Hi. Is that you, really?"}]
    created = (await client.data(CREATE, input={"messages": [*said, {"role": "ASSISTANT", "content": "Yes."}]}))[
        "createConversation"
    ]
    assert created["title"] == "Hi. Is that you, really?"
    assert [(each["role"], each["content"]) for each in created["messages"]["nodes"]] == [
        ("SYSTEM", "Be brief."), ("USER", "Hi. Is that you, really?"), ("ASSISTANT", "Yes."),
    ]  # fmt: skip
    assert {each["status"] for each in created["messages"]["nodes"]} == {"COMPLETE"}
    anew = await regenerate(client, created["tip"]["id"], model="demo-fast")
    assert anew["message"]["content"] == "Hi. Is that you, really?"
    nothing: list[Any] = [[], None]
    for none in nothing:
        assert (await client.data(CREATE, input={"messages": none}))["createConversation"]["tip"] is None


async def test_a_bad_import_is_refused_by_the_field_and_the_limit(client: Client) -> None:
    many = [{"role": "USER", "content": "x"}] * 2_001
    error = await client.error(CREATE, input={"messages": many})
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "messages")
    assert "2,000" in error["message"]
    error = await client.error(CREATE, input={"messages": [*many[:2], {"role": "USER", "content": "a\0"}]})
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "messages[2].content")


async def test_a_message_of_the_wrong_kind_is_refused_by_its_field(client: Client) -> None:
    posted = await answered(client)
    reply = {"messageId": posted["reply"]["id"], "content": "x"}
    for query, input, field in [
        (EDIT, reply, "messageId"),
        (EDIT, {"messageId": posted["message"]["id"], "content": ""}, "content"),
        (EDIT, {"messageId": "nonsense", "content": "x"}, "messageId"),
        (REGENERATE, {"messageId": posted["message"]["id"]}, "messageId"),
        (REGENERATE, {"messageId": posted["reply"]["id"], "n": 0}, "n"),
        (REGENERATE, {"messageId": posted["reply"]["id"], "n": 9}, "n"),
    ]:
        error = await client.error(query, input=input)
        assert (error["code"], error["field"]) == ("BAD_USER_INPUT", field)
    assert (await client.error(SELECT, id="nonsense"))["field"] == "messageId"


async def test_a_message_that_is_not_the_callers_does_not_exist(client: Client, port: int) -> None:
    posted = await client.post("Mine", reply=False)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={OWNER_HEADER: "somebody else"}) as http:
        stranger = Client(http, port, "somebody else")
        for id in (posted["message"]["id"], UNKNOWN):
            assert await stranger.error(EDIT, input={"messageId": id, "content": "x"}) == UNKNOWN_MESSAGE
            assert await stranger.error(REGENERATE, input={"messageId": id}) == UNKNOWN_MESSAGE
            assert await stranger.error(SELECT, id=id) == UNKNOWN_MESSAGE
