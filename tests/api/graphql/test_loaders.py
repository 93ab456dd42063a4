from __future__ import annotations

from collections import Counter

from tests.api.graphql.client import Client
from tests.api.graphql.counted_records import CountedRecords

LEVELS = """
query Levels {
  conversations {
    nodes {
      activeCompletion { id }
      tip { parent { id conversation { id } } siblings { id parent { id } } conversation { id } }
    }
  }
}
"""


async def test_a_level_is_one_read_however_many_there_are_on_it(client: Client, records: CountedRecords) -> None:
    reads: list[Counter[str]] = []
    for _ in range(2):
        for _ in range(6):
            id = (await client.post("One", reply=False))["conversation"]["id"]
            await client.post("Two", conversationId=id, reply=False)
        records.reads.clear()
        found = await client.data(LEVELS)
        reads.append(records.reads.copy())
    assert len(found["conversations"]["nodes"]) == 12
    assert found["conversations"]["nodes"][0]["tip"]["parent"]["id"]
    assert reads[0] == reads[1]
    # Tips, their parents, and one more that the records make to find siblings.
    assert reads[1] == {"messages": 3, "siblings": 1, "conversations": 1, "active_replies": 1}


async def test_a_total_is_counted_only_when_asked_for(client: Client, records: CountedRecords) -> None:
    id = (await client.post("One", reply=False))["conversation"]["id"]
    records.reads.clear()
    await client.data("{ conversations { nodes { id } } }")
    await client.data("query Q($id: ID!) { conversation(id: $id) { messages { nodes { id } } } }", id=id)
    assert records.reads == {"conversations": 1}
    assert (await client.data("{ conversations { totalCount } }"))["conversations"]["totalCount"] == 1
    assert records.reads["conversation_count"] == 1


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
