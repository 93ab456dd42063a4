from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.graphql.client import POST, Client

MESSAGE = """
query Message($id: ID!) {
  message(id: $id) {
    id role content reasoning status seq model finishReason metadata createdAt completedAt
    usage { promptTokens completionTokens totalTokens source }
    error { code }
    conversation { id tip { id } activeCompletion { id } }
    parent { id }
    siblings { id }
  }
}
"""
BRANCH = """
query Branch($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  conversation(id: $id) {
    messages(first: $first, after: $after, last: $last, before: $before) {
      totalCount
      nodes { content }
      edges { cursor node { content } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""
STOP = (
    "mutation Stop($id: ID!) { stopCompletion(messageId: $id) { id status content seq completedAt usage { source } } }"
)
UNKNOWN = "msg_01h2xcejqtf2nbrexx3vqjhp41"


async def message(client: Client, id: str) -> Any:
    return (await client.data(MESSAGE, id=id))["message"]


async def test_a_post_stores_the_message_and_begins_a_reply_to_it(client: Client) -> None:
    posted = await client.post("Hello", model="demo-fast", metadata={"from": "test"})
    assert posted["reply"]["status"] == "STREAMING"
    assert posted["replies"] == [{"id": posted["reply"]["id"]}]
    await client.follow(posted["reply"]["id"])
    said, reply = await message(client, posted["message"]["id"]), await message(client, posted["reply"]["id"])
    assert (said["role"], said["content"], said["status"], said["model"]) == ("USER", "Hello", "COMPLETE", None)
    assert (said["parent"], said["usage"], said["metadata"]) == (None, None, {"from": "test"})
    assert (reply["role"], reply["status"], reply["model"]) == ("ASSISTANT", "COMPLETE", "demo-fast")
    assert (reply["finishReason"], reply["error"], reply["completedAt"] is None) == ("STOP", None, False)
    assert reply["usage"]["totalTokens"] == reply["usage"]["promptTokens"] + reply["usage"]["completionTokens"] > 0
    assert reply["parent"] == {"id": said["id"]}
    assert reply["conversation"] == {
        "id": posted["conversation"]["id"], "tip": {"id": reply["id"]}, "activeCompletion": None,
    }  # fmt: skip


async def test_a_node_is_whatever_has_the_id(client: Client) -> None:
    query = "query Node($id: ID!) { node(id: $id) { __typename id ... on Message { content } } }"
    posted = await client.post("Hello", reply=False)
    message_id, conversation_id = posted["message"]["id"], posted["conversation"]["id"]
    assert (await client.data(query, id=message_id))["node"] == {
        "__typename": "Message", "id": message_id, "content": "Hello",
    }  # fmt: skip
    assert (await client.data(query, id=conversation_id))["node"]["__typename"] == "Conversation"
    assert await client.data(query, id=UNKNOWN) == {"node": None}
    for malformed in ("", "nonsense", "msg_", "user_01h2xcejqtf2nbrexx3vqjhp41", f"{UNKNOWN} "):
        error = await client.error(query, id=malformed)
        assert (error["code"], error["field"]) == ("BAD_USER_INPUT", "id")


async def test_a_conversation_goes_on_from_its_tip(client: Client) -> None:
    first = await client.post("One", reply=False)
    second = await client.post("Two", conversationId=first["conversation"]["id"], reply=False)
    assert (await message(client, second["message"]["id"]))["parent"] == {"id": first["message"]["id"]}
    branch = (await client.data(BRANCH, id=first["conversation"]["id"]))["conversation"]["messages"]
    assert [each["content"] for each in branch["nodes"]] == ["One", "Two"]


async def test_a_post_to_an_earlier_message_is_a_sibling_of_what_followed_it(client: Client) -> None:
    root = await client.post("Root", reply=False)
    id = root["conversation"]["id"]
    left = await client.post("Left", conversationId=id, reply=False)
    right = await client.post("Right", conversationId=id, parentId=root["message"]["id"], reply=False)
    both = [{"id": left["message"]["id"]}, {"id": right["message"]["id"]}]
    assert (await message(client, left["message"]["id"]))["siblings"] == both
    branch = (await client.data(BRANCH, id=id))["conversation"]["messages"]
    assert [each["content"] for each in branch["nodes"]] == ["Root", "Right"]
    assert branch["totalCount"] == 2


async def test_pages_lead_through_a_branch_from_root_to_tip_and_back(client: Client) -> None:
    id = None
    for number in range(5):
        id = (await client.post(str(number), conversationId=id, reply=False))["conversation"]["id"]

    async def page(**arguments: Any) -> Any:
        return (await client.data(BRANCH, id=id, **arguments))["conversation"]["messages"]

    first = await page(first=2)
    second = await page(first=2, after=first["pageInfo"]["endCursor"])
    last = await page(last=2)
    before = await page(last=2, before=last["pageInfo"]["startCursor"])
    contents = [[each["content"] for each in got["nodes"]] for got in (first, second, last, before)]
    assert contents == [["0", "1"], ["2", "3"], ["3", "4"], ["1", "2"]]
    assert {got["totalCount"] for got in (first, second, last, before)} == {5}
    assert first["pageInfo"]["hasNextPage"]
    assert not first["pageInfo"]["hasPreviousPage"]
    assert last["pageInfo"]["hasPreviousPage"]
    assert not last["pageInfo"]["hasNextPage"]
    assert first["edges"][1]["cursor"] == first["pageInfo"]["endCursor"]


async def test_several_replies_are_siblings(client: Client) -> None:
    posted = await client.post("Hello", model="demo-fast", n=3)
    ids = [each["id"] for each in posted["replies"]]
    assert len(set(ids)) == 3
    assert posted["reply"]["id"] == ids[0]
    for id in ids:
        await client.follow(id)
        assert [each["id"] for each in (await message(client, id))["siblings"]] == ids


@pytest.mark.parametrize("input", [{"reply": False}, {"reply": False, "n": 3}])
async def test_without_a_reply_the_message_is_only_stored(client: Client, input: dict[str, Any]) -> None:
    posted = await client.post("Note", **input)
    assert (posted["reply"], posted["replies"]) == (None, [])
    assert (await message(client, posted["message"]["id"]))["conversation"]["activeCompletion"] is None


async def test_nulls_are_as_good_as_left_out(client: Client) -> None:
    nulls = dict.fromkeys(
        ("conversationId", "role", "parentId", "n", "reply", "whenBusy", "idempotencyKey", "metadata", "parameters")
    )
    posted = await client.post("Hello", model="demo-fast", **nulls)
    assert len(posted["replies"]) == 1
    assert (await message(client, posted["message"]["id"]))["role"] == "USER"


@pytest.mark.parametrize("role", ["SYSTEM", "USER", "ASSISTANT", "DATA", "TOOL"])
async def test_a_message_keeps_its_role(client: Client, role: str) -> None:
    posted = await client.post("Hello", role=role, reply=False)
    assert (await message(client, posted["message"]["id"]))["role"] == role


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"content": ""}, "content"),
        ({"content": "a\0b"}, "content"),
        ({"content": "a\ud800b"}, "content"),
        ({"content": "x" * (4 * 1024 * 1024 + 1)}, "content"),
        ({"n": 0}, "n"),
        ({"n": -1}, "n"),
        ({"n": 9}, "n"),
        ({"n": 0, "reply": False}, "n"),
        ({"conversationId": "nonsense"}, "conversationId"),
        ({"conversationId": "conv_01h2xcejqtf2nbrexx3vqjhp41", "parentId": "nonsense"}, "parentId"),
        ({"parentId": UNKNOWN}, "parentId"),
        ({"idempotencyKey": "k" * 256}, "idempotencyKey"),
        ({"metadata": [1]}, "metadata"),
        ({"parameters": {"temperature": 2.1}}, "parameters.temperature"),
        ({"parameters": {"topP": -0.1}}, "parameters.topP"),
        ({"parameters": {"maxTokens": 0}}, "parameters.maxTokens"),
        ({"parameters": {"stop": ["a"] * 5}}, "parameters.stop"),
        ({"parameters": {"presencePenalty": 3}}, "parameters.presencePenalty"),
        ({"parameters": {"stop": ["\0"]}}, "parameters.stop"),
        ({"parameters": {"stop": ["\ud800"]}}, "parameters.stop"),
    ],
)
async def test_what_is_out_of_its_limits_is_refused_by_name(client: Client, input: dict[str, Any], field: str) -> None:
    error = await client.error(POST, input={"content": "Hello", **input})
    assert (error["code"], error["field"]) == ("BAD_USER_INPUT", field)
    assert error["message"].startswith(f"{field}: ")
    assert (await client.data("{ conversations { totalCount } }"))["conversations"]["totalCount"] == 0


async def test_what_is_not_there_cannot_be_posted_to(client: Client) -> None:
    error = await client.error(POST, input={"content": "x", "conversationId": "conv_01h2xcejqtf2nbrexx3vqjhp41"})
    assert error["code"] == "NOT_FOUND"
    id = (await client.post("Hello", reply=False))["conversation"]["id"]
    error = await client.error(POST, input={"content": "x", "conversationId": id, "parentId": UNKNOWN})
    assert error["code"] == "NOT_FOUND"
    assert (await client.error(POST, input={"content": "x", "model": "gpt-17"}))["code"] == "MODEL_NOT_FOUND"


async def test_a_busy_conversation_names_the_reply_in_flight_and_is_not_changed(client: Client) -> None:
    posted = await client.post("Hello", model="slow")
    id = posted["conversation"]["id"]
    error = await client.error(POST, input={"content": "Me too", "conversationId": id})
    assert (error["code"], error["activeMessageId"]) == ("CONVERSATION_BUSY", posted["reply"]["id"])
    said = await message(client, posted["reply"]["id"])
    assert said["conversation"]["activeCompletion"] == {"id": posted["reply"]["id"]}
    branch = (await client.data(BRANCH, id=id))["conversation"]["messages"]
    assert branch["totalCount"] == 2
    await client.data(STOP, id=posted["reply"]["id"])


async def test_a_post_may_interrupt_the_reply_in_flight(client: Client) -> None:
    first = await client.post("Hello", model="slow")
    second = await client.post(
        "Rather this", conversationId=first["conversation"]["id"], model="demo-fast", whenBusy="INTERRUPT"
    )
    assert (await message(client, first["reply"]["id"]))["status"] == "STOPPED"
    await client.follow(second["reply"]["id"])
    assert (await message(client, second["reply"]["id"]))["status"] == "COMPLETE"


async def test_the_same_post_with_the_same_key_is_answered_once(client: Client) -> None:
    first = await client.post("Hello", reply=False, idempotencyKey="k1")
    assert await client.post("Hello", reply=False, idempotencyKey="k1") == first
    error = await client.error(POST, input={"content": "Other", "reply": False, "idempotencyKey": "k1"})
    assert error["code"] == "IDEMPOTENCY_CONFLICT"
    assert (await client.data("{ conversations { totalCount } }"))["conversations"]["totalCount"] == 1


async def test_a_stopped_reply_keeps_its_text_and_stopping_again_changes_nothing(client: Client) -> None:
    id = (await client.post("A long story", model="slow"))["reply"]["id"]
    stopped = (await client.data(STOP, id=id))["stopCompletion"]
    assert stopped["status"] == "STOPPED"
    assert stopped["completedAt"] is not None
    assert (await client.data(STOP, id=id))["stopCompletion"] == stopped
    assert (await client.follow(id))[-1]["message"]["content"] == stopped["content"]


@pytest.mark.parametrize(("id", "code"), [(UNKNOWN, "NOT_FOUND"), ("nonsense", "BAD_USER_INPUT")])
async def test_only_what_is_there_can_be_stopped(client: Client, id: str, code: str) -> None:
    assert (await client.error(STOP, id=id))["code"] == code


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
    | st.sampled_from(["\u2028\u2029\x85", "e\u0301👩‍👩‍👧 אב", "\\u0041 %s {} $1 '\"`", "\r\n\t\x01\x7f\ufeff\uffff"])
)
async def test_what_is_said_is_stored_letter_for_letter(client: Client, content: str) -> None:
    posted = await client.post(content, reply=False)
    assert (await message(client, posted["message"]["id"]))["content"] == content


async def test_a_mebibyte_is_stored_letter_for_letter(client: Client) -> None:
    content = "😀 \u2028 word " * 90_000
    posted = await client.post(content, reply=False)
    assert (await message(client, posted["message"]["id"]))["content"] == content
