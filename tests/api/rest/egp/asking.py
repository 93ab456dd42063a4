"""Bodies of `POST /egp/v1/chat-completions`, and reading what comes back."""

from __future__ import annotations

import json
from typing import Any

from tests.upstream.script import Script

PATH = "/egp/v1/chat-completions"


def asking(said: Script | str = "Hello", **fields: Any) -> dict[str, Any]:
    text = said.prompt() if isinstance(said, Script) else said
    return {"model": "upstream", "messages": [{"role": "user", "content": text}], **fields}


def chunks_of(stream: str) -> list[dict[str, Any]]:
    """As a client reads them who looks at lines beginning with `data: ` and knows of nothing else; lines as Python's
    text has them, which end at U+2028 too.
    """
    return [json.loads(line.removeprefix("data: ")) for line in stream.splitlines() if line.startswith("data: ")]


def text_of(chunks: list[dict[str, Any]]) -> str:
    return "".join(chunk["chat_completion"]["message"]["content"] for chunk in chunks)
