"""A script as the bytes of an event stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.upstream.script import Script


class ChunkWriter:
    def __init__(self, script: Script, model: str, *, usage_asked: bool) -> None:
        self._script = script
        self._model = model
        self._usage = script.usage if script.usage != "own" or usage_asked else "none"

    def reasoning(self) -> Iterator[bytes]:
        if self._script.reasoning:
            yield self._choice({self._script.reasoning_field: self._script.reasoning, "content": None})

    def delta(self, piece: str) -> bytes:
        comments = f": keep-alive{self._script.newline * 2}" * self._script.comments
        return comments.encode() + self._choice({"content": piece})

    def error(self) -> bytes:
        return self._event({"error": {"message": self._script.message, "code": self._script.code or "broken"}})

    def end(self) -> Iterator[bytes]:
        """The last chunk, the token counts and the end mark, as far as there are any."""
        script = self._script
        if script.finish_reason is not None:
            extra: dict[str, Any] = {"generated_text": script.whole_text()} if script.generated_text else {}
            yield self._choice({}, finish_reason=script.finish_reason, **extra)
        if self._usage == "own":
            yield self._event({**self._head(), "choices": [], "usage": script.token_counts()})
        if script.done:
            yield f"data: [DONE]{script.newline * 2}".encode()

    def whole(self) -> bytes:
        message = {"role": "assistant", "content": self._script.whole_text()}
        choice = {"index": 0, "message": message, "delta": None, "finish_reason": self._script.finish_reason}
        usage = {} if self._usage == "none" else {"usage": self._script.token_counts()}
        return json.dumps({**self._head("chat.completion"), "choices": [choice], **usage}).encode()

    def _choice(self, delta: dict[str, Any], *, finish_reason: str | None = None, **extra: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason, **extra}
        with_counts = self._usage == "every" or (self._usage == "last" and finish_reason)
        counts = {"usage": self._script.token_counts()} if with_counts else {}
        return self._event({**self._head(), "choices": [choice], **counts})

    def _head(self, kind: str = "chat.completion.chunk") -> dict[str, Any]:
        return {"id": "chatcmpl-upstream", "object": kind, "created": 1, "model": self._model}

    def _event(self, content: dict[str, Any]) -> bytes:
        # As text and not as escapes, so that U+2028 and its like are in the stream itself.
        data = json.dumps(content, ensure_ascii=False)
        return f"data: {data}{self._script.newline * 2}".encode(errors="surrogatepass")
