"""Branches of a conversation, as a chat front end makes and shows them, over a restart of the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e.operations import CONVERSATION, everything, execute, post
from tests.e2e.process import ServerProcess, running

TURN = "message { id } reply { id } replies { id }"
EDIT = f"mutation Edit($input: EditMessageInput!) {{ editMessage(input: $input) {{ {TURN} }} }}"
REGENERATE = f"mutation Regenerate($input: RegenerateInput!) {{ regenerate(input: $input) {{ {TURN} }} }}"
SELECT = "mutation Select($id: ID!) { selectBranch(messageId: $id) { id } }"
CREATE = "mutation Create($input: CreateConversationInput!) { createConversation(input: $input) { id tip { id } } }"
SIBLINGS = "query Siblings($id: ID!) { message(id: $id) { siblings { id } } }"


async def ended(server: ServerProcess, started: dict[str, Any]) -> None:
    for reply in started["replies"]:
        events = await everything(server.websocket_url, reply["id"])
        assert events[-1]["message"]["status"] == "COMPLETE"


async def selected(server: ServerProcess, conversation: str) -> list[str]:
    """The ids of the selected branch."""
    found = await execute(server.graphql_url, CONVERSATION, id=conversation)
    return [each["id"] for each in found["conversation"]["messages"]["nodes"]]


async def test_edits_and_regenerated_replies_are_branches_that_are_there_after_a_restart(folder: Path) -> None:
    async with running(folder) as server:
        url = server.graphql_url
        posted = await post(url, "Tell me about tides. Be brief.")
        await ended(server, posted)
        id, message = posted["conversation"]["id"], posted["message"]["id"]
        anew = (await execute(url, REGENERATE, input={"messageId": posted["reply"]["id"], "n": 2}))["regenerate"]
        await ended(server, anew)
        assert await selected(server, id) == [message, anew["reply"]["id"]]
        edited = (await execute(url, EDIT, input={"messageId": message, "content": "And about the moon?"}))[
            "editMessage"
        ]
        await ended(server, edited)
        assert await selected(server, id) == [edited["message"]["id"], edited["reply"]["id"]]
        await execute(url, SELECT, id=posted["reply"]["id"])
    async with running(folder) as server:
        url = server.graphql_url
        assert await selected(server, id) == [message, posted["reply"]["id"]]
        assert (await execute(url, CONVERSATION, id=id))["conversation"]["title"] == "Tell me about tides"
        found = (await execute(url, SIBLINGS, id=posted["reply"]["id"]))["message"]["siblings"]
        assert [each["id"] for each in found] == [each["id"] for each in (*posted["replies"], *anew["replies"])]


async def test_an_imported_conversation_is_answered_and_titles_can_be_switched_off(folder: Path) -> None:
    said = [{"role": "USER", "content": "Hello"}, {"role": "ASSISTANT", "content": "Good morning!"}]
    async with running(folder, PARLEY_AUTO_TITLES="false") as server:
        url = server.graphql_url
        created = (await execute(url, CREATE, input={"messages": said}))["createConversation"]
        answered = await post(url, "How are you?", conversationId=created["id"])
        await ended(server, answered)
        assert (await selected(server, created["id"]))[1] == created["tip"]["id"]
        assert (await execute(url, CONVERSATION, id=created["id"]))["conversation"]["title"] is None
