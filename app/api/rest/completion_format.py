"""Completions as OpenAI writes them: `chat.completion`, `chat.completion.chunk`, and the events that carry chunks.

A chunk is put together from bytes that are made once for each choice: only its text is encoded anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from app.api.rest.stream_spelling import STANDARD, StreamSpelling
from app.chat.completion import Finish, Piece
from app.chat.records import FinishReason, Usage, UsageSource


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
        model: the one that answers, not an alias of it.
    """

    id: str
    created: int
    model: str

    def completion(self, choices: Sequence[Choice], usage: Usage) -> bytes:
        return orjson.dumps(
            {
                **self.fields("chat.completion"),
                "choices": [
                    choice_fields(index, each.content, each.reasoning, each.reason)
                    for index, each in enumerate(choices)
                ],
                "usage": usage_fields(usage),
            }
        )

    def fields(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model, "system_fingerprint": None}


class ChunkEncoder:
    """Args:
    with_usage: the last chunk has token counts, and all others a null in their place.
    """

    def __init__(self, head: CompletionHead, n: int, *, with_usage: bool, spelling: StreamSpelling = STANDARD) -> None:
        self._spelling = spelling
        fields = head.fields("chat.completion.chunk")
        self._open = b"data: " + orjson.dumps(fields)[:-1]
        self._before = [self._open + b',"choices":[{"index":%d,"delta":{"content":' % index for index in range(n)]
        self._usage_null = b',"usage":null' if with_usage else b""
        self._after = b'},"logprobs":null,"finish_reason":null}]' + self._usage_null + b"}\n\n"

    @property
    def keep_alive(self) -> bytes:
        return self._spelling.keep_alive

    def start(self) -> bytes:
        """The chunks that say whose words follow."""
        return b"".join([self.opening(index) for index in range(len(self._before))])

    def opening(self, index: int) -> bytes:
        return self._before[index] + b'"","role":"assistant","refusal":null' + self._after

    def item(self, index: int, item: Piece | Finish) -> bytes:
        if isinstance(item, Finish):
            return self._finish(index, item.reason)
        content = self._before[index] + one_line(item.content)
        if item.reasoning:
            content += b',"reasoning_content":' + one_line(item.reasoning)
        return content + self._after

    def end(self, usage: Usage | None) -> bytes:
        if usage is None:
            return self._spelling.done
        return (
            self._open + b',"choices":[],"usage":' + orjson.dumps(usage_fields(usage)) + b"}\n\n" + self._spelling.done
        )

    def _finish(self, index: int, reason: FinishReason) -> bytes:
        """With an empty content, for clients that read one in every chunk."""
        ending = b'""},"logprobs":null,"finish_reason":' + orjson.dumps(reason.value.lower()) + b"}]"
        return self._before[index] + ending + self._usage_null + b"}\n\n"


def one_line(text: str) -> bytes:
    """The text as JSON that has no line end to anybody, not even to readers that take all of Unicode's for one."""
    encoded = orjson.dumps(text)
    if encoded.isascii():
        return encoded
    return (
        encoded.replace(b"\xc2\x85", b"\\u0085")
        .replace(b"\xe2\x80\xa8", b"\\u2028")
        .replace(b"\xe2\x80\xa9", b"\\u2029")
    )


def choice_fields(index: int, content: str, reasoning: str, reason: FinishReason | None) -> dict[str, Any]:
    """Args:
    reason: why it ended; None where it has not, or not well.
    """
    message = {"role": "assistant", "content": content, "refusal": None}
    if reasoning:
        message["reasoning_content"] = reasoning
    finish_reason = reason.value.lower() if reason else None
    return {"index": index, "message": message, "logprobs": None, "finish_reason": finish_reason}


def usage_fields(usage: Usage) -> dict[str, int | bool]:
    """Counts that no provider told say so."""
    estimated = {"estimated": True} if usage.source is UsageSource.ESTIMATED else {}
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        **estimated,
    }
