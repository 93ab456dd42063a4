"""A WebSocket client that reads and writes exactly the bytes that a test tells it to: RFC 6455."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


def open_handshake(client: socket.socket) -> None:
    client.sendall(
        b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += client.recv(1)
    assert answer.startswith(b"HTTP/1.1 101")


def client_frame(opcode: int, payload: bytes = b"") -> bytes:
    """Masked, as the client's have to be; with zeros, as they may be."""
    assert len(payload) < 126
    return struct.pack("!BB", 0x80 | opcode, 0x80 | len(payload)) + b"\0\0\0\0" + payload


class FrameReader:
    def __init__(self, client: socket.socket, *, most_at_a_time: int = 65_536) -> None:
        self._client = client
        self._most = most_at_a_time
        self._buffer = b""
        self.received_bytes = 0

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Opcodes and payloads, to the end of the connection."""
        while True:
            yield self._exactly(1)[0] & 0xF, self._exactly(self._length())

    def _length(self) -> int:
        length = self._exactly(1)[0]
        if length < 126:
            return length
        return int.from_bytes(self._exactly(2 if length == 126 else 8))

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            part = self._client.recv(self._most)
            if not part:
                raise EOFError
            self._buffer += part
            self.received_bytes += len(part)
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken
