"""As much of WebSocket (RFC 6455) as a client needs that must cost less than what it measures. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
"""First bytes of frames, each of them a whole message."""

HANDSHAKE: Final = (
    b"GET /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)
_MASKED: Final = 0x80
_NO_MASK: Final = bytes(4)
"""A client has to mask what it sends; with a key of zeros that changes nothing."""


@dataclass(frozen=True, slots=True)
class Frame:
    first: int
    payload: bytes


def client_frame(payload: bytes, first: int = TEXT) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes([first, _MASKED | size]) + _NO_MASK + payload
    assert size < 1 << 16
    return bytes([first, _MASKED | 126]) + size.to_bytes(2, "big") + _NO_MASK + payload


def extent(data: bytes) -> tuple[int, int, bool]:
    """Of the whole frames at the beginning of `data`: their size, their number, and whether all of them are text."""
    position = frames = 0
    text_only = True
    available = len(data)
    while position + 2 <= available:
        size, start = data[position + 1], position + 2
        if size == 126:
            size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
        elif size == 127:
            size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
        if start + size > available:
            break
        if data[position] != TEXT:
            text_only = False
        position = start + size
        frames += 1
    return position, frames, text_only


def frames(data: bytes) -> list[Frame]:
    """The same, one by one. `data` holds nothing but whole frames."""
    found, position = [], 0
    while position < len(data):
        first, size, start = data[position], data[position + 1], position + 2
        if size == 126:
            size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
        elif size == 127:
            size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
        found.append(Frame(first, data[start : start + size]))
        position = start + size
    return found
