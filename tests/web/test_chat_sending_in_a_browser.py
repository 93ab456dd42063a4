"""What is said in a real Chromium is said once, whatever becomes of the answers; long lists are there to their ends.

`tests/browser/chat_sending.mjs` drives the browser and reports what it saw; what that means is judged here.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.operations import CONVERSATION, execute, post
from tests.e2e.process import ServerProcess
from tests.web.browser import Seen, needs_chromium, visit

pytestmark = needs_chromium

MESSAGES = 150
CONVERSATIONS = 70
MOST_MOVED_PIXELS = 1.5
"""Browsers put text on whole pixels, and scroll by parts of them."""

CREATE = """
mutation Create($input: CreateConversationInput!) {
  createConversation(input: $input) { id messages(first: 10) { nodes { id } } }
}
"""
DELETE = "mutation Delete($id: ID!) { deleteConversation(id: $id) }"
NEWEST = "{ conversations(first: 1) { nodes { id } } }"
TITLES = "{ conversations(first: 100) { nodes { title } } }"


@pytest.fixture(scope="module")
async def seen(front_end: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What the browser saw on its visit."""
    url = front_end.graphql_url

    async def create(title: str, contents: list[str]) -> dict[str, Any]:
        roles = ["USER", "ASSISTANT"] * len(contents)
        messages = [{"role": role, "content": content} for role, content in zip(roles, contents, strict=False)]
        created: dict[str, Any] = await execute(url, CREATE, input={"title": title, "messages": messages})
        return dict(created["createConversation"])

    async def long_conversation() -> dict[str, str]:
        created = await create("A long one", [f"Message number {at}\n\nand more of it" for at in range(MESSAGES)])
        return {"id": created["id"], "tenth": created["messages"]["nodes"][9]["id"]}

    async def many_conversations() -> None:
        for at in range(CONVERSATIONS):
            await create(f"Conversation {at}", [])

    async def post_elsewhere() -> None:
        newest = (await execute(url, NEWEST))["conversations"]["nodes"][0]["id"]
        await post(url, "A long story, from elsewhere", conversationId=newest, model="demo")

    async def delete_elsewhere() -> None:
        newest = (await execute(url, NEWEST))["conversations"]["nodes"][0]["id"]
        await execute(url, DELETE, id=newest)

    answers = {
        "delete elsewhere": delete_elsewhere,
        "long conversation": long_conversation,
        "many conversations": many_conversations,
        "post elsewhere": post_elsewhere,
    }
    return await visit("chat_sending.mjs", f"{front_end.url}/", tmp_path_factory, answers)


async def said(front_end: ServerProcess, conversation: str) -> list[str]:
    found = await execute(front_end.graphql_url, CONVERSATION, id=conversation)
    return [each["content"] for each in found["conversation"]["messages"]["nodes"] if each["role"] == "USER"]


async def test_a_message_whose_answer_is_lost_is_there_once(seen: Seen, front_end: ServerProcess) -> None:
    assert seen["lost"]["times"] == 2
    assert await said(front_end, seen["lost"]["conversation"]) == ["Its answer is lost twice"]
    titles = [each["title"] for each in (await execute(front_end.graphql_url, TITLES))["conversations"]["nodes"]]
    assert titles.count("Its answer is lost twice") == 1


async def test_after_sending_the_focus_is_in_the_box(seen: Seen) -> None:
    assert (seen["lost"]["focused"], seen["busy"]["focused"]) == ("Message", "Message")


async def test_what_was_left_behind_is_sent_once_whatever_is_opened_next(seen: Seen, front_end: ServerProcess) -> None:
    assert seen["leftBehind"]["stayed"]
    titles = [each["title"] for each in (await execute(front_end.graphql_url, TITLES))["conversations"]["nodes"]]
    assert titles.count("Left behind") == 1


async def test_what_is_taken_back_is_in_the_box_again(seen: Seen) -> None:
    assert seen["takenBack"] == {"box": "Taken back", "shown": 0, "path": "/"}


async def test_a_message_to_a_busy_conversation_is_kept_until_it_can_be_sent(
    seen: Seen, front_end: ServerProcess
) -> None:
    assert seen["busy"]["box"] == "Refused for now"
    expected = ["First of all", "A long story, from elsewhere", "Refused for now"]
    assert await said(front_end, seen["busy"]["conversation"]) == expected
    assert seen["busy"]["complaint"] == ""


async def test_another_wording_is_kept_while_another_conversation_is_looked_at(seen: Seen) -> None:
    assert seen["reworded"] == "Half a new wor"


async def test_what_is_written_from_right_to_left_runs_so(seen: Seen) -> None:
    assert seen["rightToLeft"] == {"inBox": "rtl", "said": "rtl", "paragraphs": ["plaintext"]}


async def test_what_was_being_written_to_a_conversation_that_is_gone_can_be_copied(seen: Seen) -> None:
    expected = {"title": "Not found", "kept": "Nobody will read this", "copies": 1, "path": "/"}
    assert seen["deletedElsewhere"] == expected


async def test_a_search_that_is_refused_is_over_and_the_next_one_starts_afresh(seen: Seen) -> None:
    assert seen["refusedSearch"] == {"says": "Nothing was found.", "complaint": ""}


async def test_older_messages_come_in_above_and_what_is_read_stays_where_it_is(seen: Seen) -> None:
    assert seen["paged"]["atEnd"] <= MOST_MOVED_PIXELS
    assert max(seen["paged"]["moved"]) <= MOST_MOVED_PIXELS
    shown = [content.split("\n")[0] for content in seen["paged"]["contents"]]
    assert shown == [f"Message number {at}" for at in range(MESSAGES)]


async def test_an_address_leads_to_its_message(seen: Seen) -> None:
    assert seen["paged"]["inSight"]


async def test_every_conversation_is_listed_newest_first(seen: Seen) -> None:
    newest_first = [
        *(f"Conversation {at}" for at in reversed(range(CONVERSATIONS))),
        "A long one",
        "שלום, Parley!",
        "To be reworded",
        "A long story, and code, and a table, and a list",
        "Answered while another conversation is looked at",
        "First of all",
        "Left behind",
        "Its answer is lost twice",
    ]
    assert seen["listed"][: len(newest_first)] == newest_first  # what others have said before is below


async def test_the_end_stays_in_sight_of_those_who_are_there_and_others_stay_where_they_read(seen: Seen) -> None:
    reading = seen["reading"]
    assert max(reading["atEnd"], reading["moved"], reading["afterJump"]) <= MOST_MOVED_PIXELS


async def test_the_keyboard_is_enough(seen: Seen) -> None:
    assert seen["keyboard"] == {
        "afterDialog": "Messages",
        "search": "table",
        "searchAfterEscape": "",
        "afterEdit": "Edit",
        "theme": "dark",
    }


async def test_after_a_conversation_has_left_the_list_the_focus_is_on_the_next_one(seen: Seen) -> None:
    assert seen["deleted"] == seen["heirs"]


async def test_nothing_is_blocked(seen: Seen) -> None:
    assert seen["violations"] == []
