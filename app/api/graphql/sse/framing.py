"""The events of graphql-sse, as the HTML standard has them on the wire; lines end with LF."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.api.graphql.json_codec import encode_utf8

COMMENT: Final = b":\n\n"
"""No event: shows that the stream is open, and that the server is there."""

COMPLETE: Final = b"event: complete\ndata:\n\n"
"""With a line of data: browsers' own `EventSource` passes over an event that has none."""


def next_event(response: Mapping[str, Any]) -> bytes:
    """JSON has its line ends escaped, so a response is always one line."""
    return b"event: next\ndata: %b\n\n" % encode_utf8(response)
