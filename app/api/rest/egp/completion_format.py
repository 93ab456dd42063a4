"""Completions as EGP writes them: one object, whole or as the events of a stream, each with the new text in it.

`finish_reason` is null in a whole answer that said all it had to say, as in EGP's own example, and `length` or
`content_filter` where it was cut short. In a stream it is null up to the last event, which has the reason, `stop`
included, and the token counts: EGP has no end mark, so that is how to tell the end from a lost connection.
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

from app.chat.completion import Finish, Piece
from app.chat.records import FinishReason, Usage, UsageSource


def whole_completion(content: str, reason: FinishReason | None, usage: Usage) -> bytes:
    cut_short = reason not in (None, FinishReason.STOP)
    return orjson.dumps(_completion(content, _name(reason) if reason and cut_short else None, usage))


class EgpEncoder:
    """The events of one completion."""

    def __init__(self) -> None:
        self._reason = FinishReason.STOP

    @property
    def keep_alive(self) -> bytes:
        """An event without text, and not a comment: many a client of EGP's parses every line that is not empty."""
        return _NOTHING_NEW

    def start(self) -> bytes:
        return b""

    def item(self, index: int, item: Piece | Finish) -> bytes:
        """What the model reasons has no place in EGP, and a finish is told with the token counts.

        In ASCII, as EGP's own: clients that read line by line, Scale's SDK among them, may take U+2028 and U+0085
        for ends of lines.
        """
        if isinstance(item, Finish):
            self._reason = item.reason
            return b""
        return _BEFORE + json.dumps(item.content).encode() + _AFTER if item.content else b""

    def end(self, usage: Usage | None) -> bytes:
        return b"data: " + orjson.dumps(_completion("", _name(self._reason), usage)) + b"\n\n"


def _completion(content: str, reason: str | None, usage: Usage | None) -> dict[str, Any]:
    return {
        "chat_completion": {
            "message": {"role": "agent", "content": content, "tool_request": None},
            "finish_reason": reason,
        },
        "token_usage": usage and _token_usage(usage),
    }


def _token_usage(usage: Usage) -> dict[str, int | bool]:
    """Counts that no provider told say so."""
    estimated = {"estimated": True} if usage.source is UsageSource.ESTIMATED else {}
    counts = {"prompt": usage.prompt_tokens, "completion": usage.completion_tokens, "total": usage.total_tokens}
    return {**counts, **estimated}


def _name(reason: FinishReason) -> str:
    return reason.value.lower()


_NOTHING_NEW: Final = b"data: " + orjson.dumps(_completion("", None, None)) + b"\n\n"
_BEFORE, _, _AFTER = _NOTHING_NEW.partition(b'""')
