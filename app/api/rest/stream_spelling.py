"""How an event stream is spelled: the same events to whoever reads by the specification, but not everybody does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class StreamSpelling:
    """Args:
    done: the event that ends a stream.
    keep_alive: what is no event, and shows that the server is there.
    """

    done: bytes
    keep_alive: bytes


STANDARD: Final = StreamSpelling(b"data: [DONE]\n\n", b": keep-alive\n\n")
"""As OpenAI spells it."""

_BY_USER_AGENT: Final[dict[str, StreamSpelling]] = {
    # Loops over `iter_lines` that parse whatever follows `data: ` as JSON, the end mark too, stand in documents that
    # people copy. Without the space, which the specification lets anybody leave out, they end well.
    "python-requests/": StreamSpelling(b"data:[DONE]\n\n", STANDARD.keep_alive),
    # Its SDK takes a comment for a broken stream.
    "octoai-": StreamSpelling(STANDARD.done, b"\n"),
}
"""By what the name begins with."""


def stream_spelling(user_agent: str | None) -> StreamSpelling:
    for beginning, spelling in _BY_USER_AGENT.items():
        if user_agent and user_agent.startswith(beginning):
            return spelling
    return STANDARD
