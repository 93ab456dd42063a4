"""Clients to whom can be written without waiting."""

from __future__ import annotations


class Kept:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.has_room = True

    def write_text(self, text: bytes) -> None:
        self.written.append(text)


class Broken(Kept):
    def write_text(self, text: bytes) -> None:
        raise RuntimeError("the transport is closed")
