"""A graphql-sse client that takes nothing for granted: every byte of the stream is looked at."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.api.graphql.client import ANSWER_SECONDS, Client

EVENT_STREAM = "text/event-stream"

Event = tuple[str, Any]
"""Its name and its data; of a comment, an empty name."""

COMMENT: Event = ("", None)
COMPLETE: Event = ("complete", None)


@asynccontextmanager
async def opened(
    client: Client, query: str, /, *, accept: str = EVENT_STREAM, **variables: Any
) -> AsyncGenerator[EventReader]:
    body = {"query": query, "variables": variables}
    async with client.http.stream("POST", "/graphql", json=body, headers={"accept": accept}) as response:
        yield EventReader(response)


async def events_of(client: Client, query: str, /, *, accept: str = EVENT_STREAM, **variables: Any) -> list[Event]:
    """All of them to the end of the stream, without the comments."""
    async with opened(client, query, accept=accept, **variables) as reader:
        return [event async for event in reader.events() if event != COMMENT]


class EventReader:
    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._events = self._read()

    async def next(self) -> Event:
        """The next one that is no comment."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while (event := await anext(self._events)) == COMMENT:
                pass
            return event

    def events(self) -> AsyncIterator[Event]:
        return self._events

    async def _read(self) -> AsyncGenerator[Event]:
        text = ""
        async for chunk in self.response.aiter_text():
            text += chunk
            while "\n\n" in text:
                block, _, text = text.partition("\n\n")
                yield event_of(block)
        assert text == "", f"the stream ends within an event: {text!r}"


def event_of(block: str) -> Event:
    if block == ":":
        return COMMENT
    name, data = block.split("\n")
    assert name.startswith("event: ")
    assert data.startswith("data:")
    said = data.removeprefix("data:").removeprefix(" ")
    return name.removeprefix("event: "), json.loads(said) if said else None
