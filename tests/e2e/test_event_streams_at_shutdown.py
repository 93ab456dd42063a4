"""A server that is told to stop waits for no event stream, and tells each one the end of its reply first."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx

from tests.e2e.operations import FOLLOW, post
from tests.e2e.process import running

DEADLINE_SECONDS = 60
STREAMS = 5


async def test_readers_have_the_end_of_the_reply_and_the_server_exits_well(folder: Path) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS), running(folder, PARLEY_DEMO_WORDS_PER_SECOND="5") as server:
        id = (await post(server.graphql_url, "Tell me a long story"))["reply"]["id"]
        begun = asyncio.Semaphore(0)

        async def read() -> str:
            body = {"query": FOLLOW, "variables": {"id": id, "after": 0}}
            headers = {"accept": "text/event-stream"}
            text = ""
            async with (
                httpx.AsyncClient(timeout=DEADLINE_SECONDS) as http,
                http.stream("POST", server.graphql_url, json=body, headers=headers) as response,
            ):
                async for chunk in response.aiter_text():
                    if "event: next" not in text and "event: next" in text + chunk:
                        begun.release()
                    text += chunk
            return text

        reading = [asyncio.create_task(read()) for _ in range(STREAMS)]
        for _ in reading:
            await begun.acquire()
        assert await server.stop() == 0
        for text in await asyncio.gather(*reading):
            *_, end, complete, after = text.split("\n\n")
            told = json.loads(end.partition("data: ")[2])["data"]["completion"]
            assert told["message"]["status"] == "INTERRUPTED"
            assert (complete, after) == ("event: complete\ndata:", "")
