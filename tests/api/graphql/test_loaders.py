from __future__ import annotations

import gc

import pytest

from app.api.graphql.context import Context
from app.api.graphql.schema import schema
from app.api.identity import Identity
from app.chat.identifiers import MessageId, message_id
from app.chat.records import Message
from app.chat.service import Chat
from tests.api.graphql.client import Client

BESIDE_A_FAILURE = """
query ($id: ID!) {
  a: conversation(id: $id) { messages(first: -1) { totalCount } activeCompletion { id } }
  b: conversation(id: $id) { id activeCompletion { id } }
}
"""


async def test_a_field_that_fails_takes_no_answer_from_others_that_wait_for_the_same(client: Client) -> None:
    """graphql-core cancels `activeCompletion` of `a`, for which `b` waits too."""
    id = (await client.post("One", reply=False))["conversation"]["id"]
    async with client.socket() as socket:
        await socket.subscribe("1", BESIDE_A_FAILURE, id=id)
        answers = [await client.ask(BESIDE_A_FAILURE, id=id), *await socket.payloads("1")]
    assert len(answers) == 2
    for answer in answers:
        assert answer["data"] == {"a": None, "b": {"id": id, "activeCompletion": None}}
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


async def test_what_a_mutation_changed_is_read_anew_in_the_same_operation(client: Client) -> None:
    first = await client.post("One", reply=False)
    id = first["conversation"]["id"]
    query = """
    mutation Twice($id: ID!) {
      a: updateConversation(input: {id: $id, title: "A"}) { tip { conversation { title } } }
      b: updateConversation(input: {id: $id, title: "B"}) { tip { conversation { title } } }
    }
    """
    data = await client.data(query, id=id)
    assert [data[each]["tip"]["conversation"]["title"] for each in "ab"] == ["A", "B"]


@pytest.mark.parametrize(
    "selected",
    [
        "conversations { nodes { tip { content } messages { nodes { content parent { seq } siblings { id } } } } }",
        "conversation(id: $id) { tip { siblings { siblings { id } } } messages { nodes { content } } }",
        "conversation(id: $id) { activeCompletion { content } tip { conversation { title } } }",
    ],
)
async def test_what_was_read_is_let_go_with_the_answer_and_not_when_garbage_is_looked_for(
    client: Client, chat: Chat, selected: str
) -> None:
    posted = await client.post("One", model="slow")
    ids = {message_id(posted[each]["id"]) for each in ("message", "reply")}
    query = f"query ($id: ID!) {{ {selected} conversation(id: $id) {{ id }} }}"
    variables = {"id": posted["conversation"]["id"]}
    gc.collect()
    gc.disable()
    try:
        before = in_memory(ids)  # the reply is being generated
        for _ in range(3):
            answer = await schema.execute(query, variables, Context(chat, Identity(client.owner)))
            assert not answer.errors
        assert in_memory(ids) == before
    finally:
        gc.enable()


def in_memory(ids: set[MessageId]) -> int:
    return sum(type(each) is Message and each.id in ids for each in gc.get_objects())
