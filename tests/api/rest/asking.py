"""Bodies of `POST /v1/chat/completions`, and reading what comes back."""

from __future__ import annotations

import json
from typing import Any

from tests.upstream.script import Script

PATH = "/v1/chat/completions"


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
