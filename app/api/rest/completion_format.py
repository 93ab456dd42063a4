"""Completions as OpenAI writes them: `chat.completion`, `chat.completion.chunk`, and the events that carry chunks.

A chunk is put together from bytes that are made once for each choice: only its text is encoded anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from app.chat.completion import Finish, Piece
from app.chat.records import FinishReason, Usage

DONE: Final = b"data: [DONE]\n\n"
KEEP_ALIVE: Final = b": keep-alive\n\n"


@dataclass(frozen=True, slots=True)
class Choice:
    """One whole answer."""

    content: str
    reasoning: str
    reason: FinishReason


@dataclass(frozen=True, slots=True)
class CompletionHead:
    """What all objects of one completion have in common.

    Args:
        created: Unix time in seconds.
        model: by the name that the caller chose it.
    """

    id: str
    created: int
    model: str

    def completion(self, choices: Sequence[Choice], usage: Usage) -> bytes:
        return orjson.dumps(
            {
                **self.fields("chat.completion"),
                "choices": [_choice(index, choice) for index, choice in enumerate(choices)],
                "usage": _usage(usage),
            }
        )

    def fields(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model, "system_fingerprint": None}


class ChunkEncoder:
    """Args:
    with_usage: the last chunk has token counts, and all others a null in their place.
    """

    def __init__(self, head: CompletionHead, n: int, *, with_usage: bool) -> None:
        fields = head.fields("chat.completion.chunk")
        self._open = b"data: " + orjson.dumps(fields)[:-1]
        self._before = [self._open + b',"choices":[{"index":%d,"delta":{"content":' % index for index in range(n)]
        self._usage_null = b',"usage":null' if with_usage else b""
        self._after = b'},"logprobs":null,"finish_reason":null}]' + self._usage_null + b"}\n\n"

    def start(self) -> bytes:
        """The chunks that say whose words follow."""
        return b"".join(before + b'"","role":"assistant","refusal":null' + self._after for before in self._before)

    def item(self, index: int, item: Piece | Finish) -> bytes:
        if isinstance(item, Finish):
            return self._finish(index, item.reason)
        content = self._before[index] + orjson.dumps(item.content)
        if item.reasoning:
            content += b',"reasoning_content":' + orjson.dumps(item.reasoning)
        return content + self._after

    def usage(self, usage: Usage) -> bytes:
        return self._open + b',"choices":[],"usage":' + orjson.dumps(_usage(usage)) + b"}\n\n"

    def _finish(self, index: int, reason: FinishReason) -> bytes:
        """With an empty content, for clients that read one in every chunk."""
        ending = b'""},"logprobs":null,"finish_reason":' + orjson.dumps(reason.value.lower()) + b"}]"
        return self._before[index] + ending + self._usage_null + b"}\n\n"


def error_event(body: bytes) -> bytes:
    return b"data: " + body + b"\n\n"


def _choice(index: int, choice: Choice) -> dict[str, Any]:
    message = {"role": "assistant", "content": choice.content, "refusal": None}
    if choice.reasoning:
        message["reasoning_content"] = choice.reasoning
    return {"index": index, "message": message, "logprobs": None, "finish_reason": choice.reason.value.lower()}


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
