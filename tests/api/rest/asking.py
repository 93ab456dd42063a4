"""Bodies of `POST /v1/chat/completions`, and reading what comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import httpx

from tests.upstream.script import Script

PATH = "/v1/chat/completions"


END_MARK = "[DONE]"


def asking(said: Script | str = "Hello", **fields: Any) -> dict[str, Any]:
    text = said.prompt() if isinstance(said, Script) else said
    return {"model": "upstream", "messages": [{"role": "user", "content": text}], **fields}


def chunks_of(stream: str) -> list[dict[str, Any]]:
    """The chunks before the end mark, which must be there."""
    *events, done, rest = stream.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in events if not event.startswith(":")]


def text_of(chunks: list[dict[str, Any]], index: int = 0) -> str:
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    return "".join(choice["delta"]["content"] for choice in choices if choice["index"] == index)


def was_asked(script: Script, times: int = 1) -> Callable[[dict[str, Any]], bool]:
    """Whether an upstream, by its state, has been asked for that script so often."""

    def holds(state: dict[str, Any]) -> bool:
        said = [each["body"]["messages"][-1]["content"] for each in state["requests"]]
        return said.count(script.prompt()) == times

    return holds


class Event(NamedTuple):
    """Of a stored stream.

    Args:
        id: None where it has none.
    """

    id: str | None
    data: dict[str, Any]

    @property
    def content(self) -> str:
        choices: list[dict[str, Any]] = self.data.get("choices", [])
        return "".join(choice["delta"]["content"] for choice in choices)


def event_of(text: str) -> Event | None:
    """One event, without the empty line that ends it; None where it is a comment or the end mark."""
    lines = [line for line in text.split("\n") if line and not line.startswith(":")]
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    ids = [line.removeprefix("id: ") for line in lines if line.startswith("id: ")]
    return Event(ids[0] if ids else None, json.loads(data[0])) if data and data != [END_MARK] else None


def events_of(stream: str) -> list[Event]:
    """All that is in a stream, which must be whole."""
    assert stream.endswith("\n\n")
    return [event for text in stream.split("\n\n") if (event := event_of(text))]


def said_in(events: list[Event], index: int = 0) -> str:
    choices = [choice for event in events for choice in event.data.get("choices", [])]
    return "".join(choice["delta"]["content"] for choice in choices if choice["index"] == index)


async def live(response: httpx.Response) -> AsyncIterator[Event]:
    """Events as they come."""
    text = ""
    async for piece in response.aiter_text():
        text += piece
        *whole, text = text.split("\n\n")
        for each in whole:
            if event := event_of(each):
                yield event


async def reading(events: AsyncIterator[Event], text: str) -> list[Event]:
    """The events up to the one with which that text is said, and what the log may have joined with it."""
    read: list[Event] = []
    async with asyncio.timeout(10):
        while not said_in(read).startswith(text):
            read.append(await anext(events))
    return read
