from __future__ import annotations

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
