"""Reading server-sent events, without I/O: bytes in, events out.

WHATWG HTML, 9.2.6 "Interpreting an event stream". Lines end with LF, CR or CRLF and with nothing else: U+2028 and
U+0085 are text. An event that no blank line has ended is not an event: the stream broke off inside of it. `id` and
`retry` are not read, since a completion upstream cannot be resumed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

MAX_EVENT_BYTES: Final = 8 * 1024 * 1024

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class ServerSentEvent(NamedTuple):
    data: bytes
    name: bytes = b""


class EventTooLarge(Exception):
    """An event has more than MAX_EVENT_BYTES; nothing after it can be read."""


class EventStream:
    """Takes a stream in pieces cut anywhere."""

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._line: list[bytes] = []  # of the line that has not ended yet
        self._data: list[bytes] = []
        self._name = b""
        self._event_bytes = 0
        self._at_start = True
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """The events that end within this piece. To be exhausted before the next one is fed.

        Raises:
            EventTooLarge
        """
        if not chunk:
            return
        if self._is_one_event(chunk):
            self._at_start = False
            yield ServerSentEvent(chunk[6:-2])
            return
        start = 1 if self._after_cr and chunk.startswith(b"\n") else 0
        self._after_cr = chunk.endswith(b"\r")
        *lines, rest = _LINE_END.split(chunk[start:]) if b"\r" in chunk else chunk[start:].split(b"\n")
        for end_of_line in lines:
            self._hold(end_of_line)
            if event := self._end_line():
                yield event
        if rest:
            self._hold(rest)

    def _is_one_event(self, chunk: bytes) -> bool:
        """Whether it is one line of data, and nothing was held: nearly every piece is, and this costs a third."""
        return (
            chunk.startswith(b"data: ")
            and chunk.find(b"\n") == len(chunk) - 2
            and chunk.endswith(b"\n\n")
            and b"\r" not in chunk
            and not (self._event_bytes or self._after_cr)
            and len(chunk) <= self._max_event_bytes
        )

    @property
    def within_event(self) -> bool:
        """Whether what was fed last has begun an event, or a line, that it does not end."""
        return bool(self._line or self._data)

    def _hold(self, piece: bytes) -> None:
        self._event_bytes += len(piece)
        if self._event_bytes > self._max_event_bytes:
            raise EventTooLarge
        self._line.append(piece)

    def _end_line(self) -> ServerSentEvent | None:
        line = self._line[0] if len(self._line) == 1 else b"".join(self._line)
        self._line.clear()
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            return self._end_event()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value
        elif not field:  # a comment: a keep-alive, mostly, and without end where an upstream thinks for long
            self._event_bytes -= len(line)
        return None

    def _end_event(self) -> ServerSentEvent | None:
        event = ServerSentEvent(b"\n".join(self._data), self._name) if self._data else None
        self._data.clear()
        self._name = b""
        self._event_bytes = 0
        return event
