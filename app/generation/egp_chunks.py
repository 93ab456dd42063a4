"""Reading the chunks of Scale's EGP, without I/O: JSON in, pieces out, and in the end how it ended.

`{"chat_completion": {"message": {"role": "agent", "content": …, "tool_request": null}, "finish_reason": null},
"token_usage": null}`: each has the new text, and the whole answer looks the same where none was streamed.

EGP names no end mark, and its finish reason may be null to the last. A completion is complete when one of these holds,
and FAILED when none does:

- a finish reason came
- `[DONE]` came, which some gateways add, or the HTTP body came to its own end; and there was text, or token counts
- the body ended as its connection did, in good order, right after token counts without text: EGP has null in their
  place until the stream completes. With text they may be those so far

So a connection that is reset, or that goes silent, completes nothing by itself, whatever was counted before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.chat.completion import Finish, Piece
from app.chat.records import FinishReason, Usage, UsageSource
from app.generation.completion_chunks import finish_reason, parse_chunk, token_count
from app.generation.surrogates import SurrogateJoiner
from app.generation.upstream_errors import failure_in_stream


class EgpReader:
    """Reads the chunks of one completion."""

    def __init__(self) -> None:
        self._content = SurrogateJoiner()
        self._spoke = False
        self._spoke_uncounted = False
        self._counted_last = False
        self._reason: FinishReason | None = None
        self._usage: Usage | None = None

    @property
    def finished(self) -> bool:
        return self._reason is not None

    def read(self, data: bytes) -> Piece | None:
        """The text of one chunk, if there is any.

        Raises:
            BackendFailed: the chunk is an error, or nothing that could be understood.
        """
        chunk = parse_chunk(data)
        if error := failure_in_stream(chunk):
            raise error
        completion = _object(chunk.get("chat_completion"))
        message = _object(completion.get("message"))
        content = message.get("content")
        text = content if isinstance(content, str) else ""
        self._count(_usage(_object(chunk.get("token_usage"))), spoke=bool(text))
        text = self._content.join(text)
        if isinstance(reason := completion.get("finish_reason"), str) and reason:
            self._reason = finish_reason(reason)
        elif message.get("tool_request"):
            self._reason = FinishReason.TOOL_CALLS
        return Piece(text) if text else None

    def stream_ended(self, *, certain: bool) -> None:
        if bool(self._spoke or self._usage) if certain else self._counted_last:
            self._reason = self._reason or FinishReason.STOP

    def end(self) -> Iterator[Piece | Finish]:
        """What is left to say when the stream is over; no Finish where it was not complete."""
        if rest := self._content.rest():
            yield Piece(rest)
        if self._reason:
            yield Finish(self._reason, self._usage)

    def _count(self, usage: Usage | None, *, spoke: bool) -> None:
        """Counts are no sign of the end in a chunk with text, nor where each chunk so far had some."""
        self._spoke = self._spoke or spoke
        self._spoke_uncounted = self._spoke_uncounted or (spoke and not usage)
        self._usage = usage or self._usage
        if usage or spoke:
            self._counted_last = bool(usage) and not spoke and self._spoke_uncounted


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _usage(counts: dict[str, Any]) -> Usage | None:
    """Of the three counts only `total` is always there; two give the third."""
    prompt, completion, total = (token_count(counts.get(name)) for name in ("prompt", "completion", "total"))
    if total is not None:
        if prompt is None and completion is not None:
            prompt = token_count(total - completion)
        elif completion is None and prompt is not None:
            completion = token_count(total - prompt)
    if prompt is not None and completion is not None:
        return Usage(prompt, completion, UsageSource.PROVIDER)
    return None
