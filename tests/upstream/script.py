"""What the upstream is to say to one request, and how it is to fail."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

MODELS = ("upstream", "upstream-2")

_PLAIN_WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "naïve", "cafés", "serve")
_SCRIPTS = ("你好", "שלום", "🦜", "🇩🇪", "👩‍👧", "e\u0301")
_TRAPS = ("a\u2028b", "a\u0085b", "a\tb", "a\nb", '"', "\\", "data: [DONE]", "<b>")
_WORDS = _PLAIN_WORDS + _SCRIPTS + _TRAPS


@dataclass(frozen=True, slots=True)
class Script:
    """The text is that of the seed, unless it is given; tests know it beforehand, byte for byte.

    Args:
        deltas: how many pieces the text comes in.
        repeat: says the given text that many times.
        per_second: deltas a second, by the clock; 0 is as fast as they are taken.
        jitter: of the time between two deltas, as a share of it.
        status: refuses with this instead, with `code`, `message` and `retry_after`.
        silent_refusal: refuses only who wants the whole at once; a stream is begun, and ended without a byte.
        refusals: how many requests of the same script are refused before one is answered; None is all of them.
        refuse_fields: refuses requests that have one of these, naming it.
        break_after: closes the connection after that many deltas.
        break_cleanly: ends the body as if all had been said, but without a finish reason.
        stall_after: says nothing more after that many deltas, and keeps the connection open.
        error_after: says an error object after that many deltas.
        usage: `own` chunk, `last` chunk, `every` chunk or `none`; `own` only where it was asked for.
        newline: of the event stream.
        comments: keep-alive comments before each delta.
        keep_alive_per_second: comments for as long as it stalls.
        generated_text: the whole text once more in the last chunk, beside an empty delta.
        streamed: whether the text comes as deltas at all, or only at the end.
        reasoning: said before the text.
        reasoning_field: what reasoning is called.
        whole: answers with one JSON object, as if no stream had been asked for.
        slice_bytes: writes the body in slices of that size, each in a packet and an HTTP chunk of its own.
        framed: whether the body has an end of its own (chunked), or ends when the connection does.
        raw: the event stream itself, in place of all the above.
    """

    seed: int = 0
    deltas: int = 20
    text: str | None = None
    repeat: int = 1
    per_second: float = 0
    jitter: float = 0
    status: int | None = None
    code: str | None = None
    message: str = "refused as told"
    retry_after: str | None = None
    silent_refusal: bool = False
    refusals: int | None = None
    refuse_fields: tuple[str, ...] = ()
    break_after: int | None = None
    break_cleanly: bool = False
    stall_after: int | None = None
    error_after: int | None = None
    finish_reason: str | None = "stop"
    done: bool = True
    linger: bool = False
    usage: str = "own"
    newline: str = "\n"
    comments: int = 0
    keep_alive_per_second: float = 0
    generated_text: bool = False
    streamed: bool = True
    reasoning: str = ""
    reasoning_field: str = "reasoning_content"
    whole: bool = False
    slice_bytes: int | None = None
    framed: bool = True
    raw: str | None = None

    @classmethod
    def of(cls, message: str) -> Self:
        """The script that a message is; one made of its text where it is none."""
        try:
            values = json.loads(message)
        except ValueError:
            values = None
        if not isinstance(values, dict) or not values.keys() <= {each.name for each in fields(cls)}:
            return cls(text=f"You said: {message}")
        if "refuse_fields" in values:
            values["refuse_fields"] = tuple(values["refuse_fields"])
        return cls(**values)

    def prompt(self) -> str:
        """The message that asks for it."""
        default = asdict(Script())
        return json.dumps({name: value for name, value in asdict(self).items() if value != default[name]})

    def pieces(self) -> list[str]:
        """The text, delta by delta."""
        if self.text is not None:
            size = max(1, -(-len(self.text) // self.deltas))
            return [self.text[start : start + size] for start in range(0, len(self.text), size)] * self.repeat
        choose = random.Random(self.seed)
        return [f"{choose.choice(_WORDS)} " for _ in range(self.deltas)]

    def whole_text(self, deltas: int | None = None) -> str:
        """What a client has when that many deltas came, or all."""
        return "".join(self.pieces()[:deltas])

    def token_counts(self) -> Mapping[str, Any]:
        completion = len(self.pieces())
        return {"prompt_tokens": 7, "completion_tokens": completion, "total_tokens": 7 + completion}
