"""How long an upstream may keep silent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Keep-alive comments are silence: they say that a proxy lives, not that a model will speak.

    Args:
        connect_seconds: until the connection stands, TLS included.
        first_token_seconds: from the request to the first piece; models that reason in private need minutes.
        between_tokens_seconds: from one piece to the next.
        after_finish_seconds: for token counts to follow the finish reason.
        close_seconds: for the connection to become free for the next request, once everything was said.
    """

    connect_seconds: float = 5.0
    first_token_seconds: float = 300.0
    between_tokens_seconds: float = 60.0
    after_finish_seconds: float = 2.0
    close_seconds: float = 0.1


DEFAULT_DEADLINES = Deadlines()
