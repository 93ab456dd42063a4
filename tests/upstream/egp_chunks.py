"""A script as Scale's EGP says it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.upstream.script import Script


class EgpChunkWriter:
    """`usage="own"` is an event of its own without text, `last` is in the event of the last text."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._left = len(script.pieces())

    def reasoning(self) -> Iterator[bytes]:
        """EGP has no place for it."""
        return iter(())

    def delta(self, piece: str) -> bytes:
        self._left -= 1
        counted = self._script.usage == "every" or (self._script.usage == "last" and not self._left)
        comments = f": keep-alive{self._script.newline * 2}" * self._script.comments
        return comments.encode() + self._event(_completion(piece, None, self._counts() if counted else None))

    def error(self) -> bytes:
        newline = self._script.newline.encode()
        told = {"detail": self._script.message, "code": self._script.code or "broken"}
        return b"event: error" + newline + self._event(told)

    def end(self) -> Iterator[bytes]:
        script = self._script
        own = script.usage == "own"
        if own or script.finish_reason is not None:
            yield self._event(_completion("", script.finish_reason, self._counts() if own else None))
        if script.done:
            yield f"data: [DONE]{script.newline * 2}".encode()

    def whole(self) -> bytes:
        counts = None if self._script.usage == "none" else self._counts()
        return json.dumps(_completion(self._script.whole_text(), self._script.finish_reason, counts)).encode()

    def _counts(self) -> dict[str, int]:
        counts = self._script.token_counts()
        return {name: counts[f"{name}_tokens"] for name in ("prompt", "completion", "total")}

    def _event(self, content: dict[str, Any]) -> bytes:
        # As text and not as escapes, so that U+2028 and its like are in the stream itself.
        data = json.dumps(content, ensure_ascii=False)
        return f"data: {data}{self._script.newline * 2}".encode(errors="surrogatepass")


def egp_refusal(message: str, code: str | None, field: str | None) -> bytes:
    """As FastAPI has it: a list where it is about a field."""
    detail = [{"loc": ["body", field], "msg": message, "type": "value_error"}] if field else message
    return json.dumps({"detail": detail, **({"code": code} if code else {})}).encode()


def _completion(content: str, reason: str | None, counts: dict[str, int] | None) -> dict[str, Any]:
    message = {"role": "agent", "content": content, "tool_request": None}
    return {"chat_completion": {"message": message, "finish_reason": reason}, "token_usage": counts}
