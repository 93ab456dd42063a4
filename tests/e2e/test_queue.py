"""whenBusy ENQUEUE: what is posted while a reply is in flight waits its turn, whatever happens to the servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from gql.transport.exceptions import TransportQueryError

from tests.e2e.operations import CONVERSATION, STOP, everything, execute, message, post, said
from tests.e2e.process import ServerProcess, copy_folder, running

SLOW = {"PARLEY_DEMO_WORDS_PER_SECOND": "20"}
DEADLINE_SECONDS = 60


@pytest.fixture(scope="module")
async def slow(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ServerProcess]:
    """A server whose replies take long enough to be waited for, stopped and interrupted."""
    folder = tmp_path_factory.mktemp("slow")
    await copy_folder(migrated, folder)
    async with running(folder, **SLOW) as server:
        yield server


async def enqueue(url: str, conversation: str, content: str) -> dict[str, Any]:
    return await post(url, content, conversationId=conversation, whenBusy="ENQUEUE")


async def test_queued_posts_are_answered_one_after_the_other_in_their_order(standing: ServerProcess) -> None:
    first = await post(standing.graphql_url, "one")
    conversation = first["conversation"]["id"]
    queued = [await enqueue(standing.graphql_url, conversation, content) for content in ("two", "three")]
    assert [each["reply"]["status"] for each in queued] == ["QUEUED", "QUEUED"]
    replies = [first["reply"]["id"], *(each["reply"]["id"] for each in queued)]
    order: list[str] = []

    async def follow_to_end(reply: str) -> None:
        events = await everything(standing.websocket_url, reply)
        order.append(reply)
        assert said(events) == events[-1]["message"]["content"]
        assert events[-1]["message"]["status"] == "COMPLETE"

    async with asyncio.timeout(DEADLINE_SECONDS):
        await asyncio.gather(*(follow_to_end(reply) for reply in replies))
    assert order == replies
    found = await execute(standing.graphql_url, CONVERSATION, id=conversation)
    nodes = found["conversation"]["messages"]["nodes"]
    assert [each["content"] for each in nodes if each["role"] == "USER"] == ["one", "two", "three"]


async def test_a_queue_survives_kill_9_and_goes_on_on_another_server(folder: Path) -> None:
    async with running(folder, **SLOW) as dying, running(folder) as other:
        first = await post(dying.graphql_url, "one")
        conversation = first["conversation"]["id"]
        queued = [await enqueue(dying.graphql_url, conversation, content) for content in ("two", "three")]
        watches = [asyncio.create_task(everything(other.websocket_url, each["reply"]["id"])) for each in queued]
        await dying.kill()
        async with asyncio.timeout(DEADLINE_SECONDS):
            ends = [(await watch)[-1]["message"] for watch in watches]
        assert [end["status"] for end in ends] == ["COMPLETE", "COMPLETE"]
        assert (await message(other.graphql_url, first["reply"]["id"]))["status"] == "INTERRUPTED"
        await dying.start()


async def test_a_post_that_waits_can_be_stopped_and_the_one_after_it_takes_its_place(slow: ServerProcess) -> None:
    first = await post(slow.graphql_url, "one")
    conversation = first["conversation"]["id"]
    second, third = [await enqueue(slow.graphql_url, conversation, content) for content in ("two", "three")]
    stopped = (await execute(slow.graphql_url, STOP, id=second["reply"]["id"]))["stopCompletion"]
    assert (stopped["status"], stopped["content"]) == ("STOPPED", "")
    await execute(slow.graphql_url, STOP, id=first["reply"]["id"])
    async with asyncio.timeout(DEADLINE_SECONDS):
        end = (await everything(slow.websocket_url, third["reply"]["id"]))[-1]["message"]
    assert end["status"] == "COMPLETE"


async def test_a_post_that_may_not_wait_is_told_with_what_the_conversation_is_busy(slow: ServerProcess) -> None:
    first = await post(slow.graphql_url, "one")
    with pytest.raises(TransportQueryError) as refused:
        await post(slow.graphql_url, "two", conversationId=first["conversation"]["id"])
    assert refused.value.errors is not None
    extensions = refused.value.errors[0]["extensions"]
    assert extensions["code"] == "CONVERSATION_BUSY"
    assert extensions["activeMessageId"] == first["reply"]["id"]


async def test_a_post_that_interrupts_stops_the_reply_in_flight_and_is_answered(slow: ServerProcess) -> None:
    first = await post(slow.graphql_url, "one")
    conversation = first["conversation"]["id"]
    second = await post(slow.graphql_url, "two", conversationId=conversation, whenBusy="INTERRUPT")
    assert (await message(slow.graphql_url, first["reply"]["id"]))["status"] == "STOPPED"
    assert second["reply"]["status"] == "STREAMING"
    await execute(slow.graphql_url, STOP, id=second["reply"]["id"])
