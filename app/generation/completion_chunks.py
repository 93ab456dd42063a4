"""Reading `chat.completion.chunk` objects, without I/O: JSON in, pieces out, and in the end how it ended.

OpenAI's format, with what compatible upstreams make of it:

- the whole text once more, or only, in the last chunk as `generated_text`, beside an empty `delta` (Prediction Guard)
- `message` in place of `delta`, with the other one null (OctoAI; any upstream that answers without streaming)
- `reasoning_content` or `reasoning` beside `content` (DeepSeek, vLLM; OpenRouter, Ollama)
- content as a list of parts (Mistral)
- token counts in a chunk of their own, in the last one, in each one so far, or nowhere
- an `error` object, a bare error string, or `"object": "error"`, in the middle of the stream
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from app.chat.completion import Finish, Piece
from app.chat.errors import BackendFailed
from app.chat.records import FinishReason, Usage, UsageSource
from app.generation.surrogates import SurrogateJoiner
from app.generation.upstream_errors import UPSTREAM_INVALID, failure_in_stream

_FINISH_REASONS: Final[Mapping[str, FinishReason]] = {
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
}
"""Whatever else an upstream calls it (`stop`, `eos`, `stop_sequence`), it said all that it had to say."""


class CompletionReader:
    """Reads the chunks of one completion; of several choices the first."""

    def __init__(self) -> None:
        self._content = SurrogateJoiner()
        self._reasoning = SurrogateJoiner()
        self._spoke = False
        self._reason: FinishReason | None = None
        self._usage: Usage | None = None

    @property
    def finished(self) -> bool:
        """Whether a finish reason came; token counts may still follow."""
        return self._reason is not None

    def read(self, data: bytes) -> Piece | None:
        """The text of one chunk, if there is any.

        Raises:
            BackendFailed: the chunk is an error, or nothing that could be understood.
        """
        chunk = parse_chunk(data)
        if error := failure_in_stream(chunk):
            raise error
        if usage := _usage(chunk.get("usage")):
            self._usage = usage
        content = reasoning = ""
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and not choice.get("index"):
                more, thought = self._read_choice(choice)
                content += more
                reasoning += thought
        return Piece(content, reasoning) if content or reasoning else None

    def stream_ended(self, *, certain: bool) -> None:
        """Says nothing here: an upstream that is stopped in mid-answer may well end its stream in good order."""

    def end(self) -> Iterator[Piece | Finish]:
        """What is left to say when the stream is over; no Finish if no reason for it ever came."""
        content, reasoning = self._content.rest(), self._reasoning.rest()
        if content or reasoning:
            yield Piece(content, reasoning)
        if self._reason:
            yield Finish(self._reason, self._usage)

    def _read_choice(self, choice: Mapping[str, Any]) -> tuple[str, str]:
        """Content and reasoning."""
        said = _object(choice.get("delta")) or _object(choice.get("message"))
        content = _text(said.get("content"))
        if not content and not self._spoke:
            content = _text(choice.get("generated_text"))
        self._spoke = self._spoke or bool(content)
        content = self._content.join(content)
        reasoning = self._reasoning.join(_text(said.get("reasoning_content") or said.get("reasoning")))
        if isinstance(reason := choice.get("finish_reason"), str) and reason:
            self._reason = finish_reason(reason)
        return content, reasoning


def finish_reason(name: str) -> FinishReason:
    """What an upstream means by the name that it has for it."""
    return _FINISH_REASONS.get(name, FinishReason.STOP)


def token_count(value: object) -> int | None:
    """None for what counts nothing: JSON's `true` is a number to Python."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def parse_chunk(data: bytes) -> dict[str, Any]:
    """Raises:
    BackendFailed: it is not a JSON object.
    """
    try:
        try:
            chunk = orjson.loads(data)
        except orjson.JSONDecodeError:  # it refuses halves of surrogate pairs, and bytes that are not UTF-8
            chunk = json.loads(data.decode(errors="replace"))
    except (ValueError, RecursionError):
        raise BackendFailed(UPSTREAM_INVALID, "the model's stream is not valid JSON", retryable=True) from None
    if not isinstance(chunk, dict):
        raise BackendFailed(UPSTREAM_INVALID, "the model's stream holds something unexpected", retryable=True)
    return chunk


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(_text(part.get("text")) for part in value if isinstance(part, dict))
    return ""


def _usage(value: object) -> Usage | None:
    if not isinstance(value, dict):
        return None
    prompt, completion = token_count(value.get("prompt_tokens")), token_count(value.get("completion_tokens"))
    if prompt is not None and completion is not None:
        return Usage(prompt, completion, UsageSource.PROVIDER)
    return None
