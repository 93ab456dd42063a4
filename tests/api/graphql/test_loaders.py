from __future__ import annotations

from tests.api.graphql.client import Client


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
