"""The close codes of graphql-transport-ws, and the ones of RFC 6455 that are used with it."""

from __future__ import annotations

import enum

MAX_REASON_BYTES = 123
"""RFC 6455, 5.5: what a control frame has room for beside the code."""


class CloseCode(enum.IntEnum):
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    INTERNAL_ERROR = 4500
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INIT_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITS = 4429
    PING_TIMEOUT = 4499
    """Outside of the protocol's own; clients take it for one to connect again after."""


class Close(Exception):
    """The socket is to be closed."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(f"{code.value} {reason}")
        self.code = code
        self.reason = reason.encode("utf-8", "replace")[:MAX_REASON_BYTES].decode("utf-8", "ignore")
