"""The messages between a process and its query engine, as bytes. No I/O: see engine_channel.py.

Either side sends frames; all numbers are big-endian.

    request:  length u32 · number u32 · kind u8 · length of transaction u8 · transaction, ASCII · body, UTF-8
    answer:   length u32 · number u32 · verdict u8 · body, UTF-8

The length counts what follows it. An answer bears the number of its request; answers come in any order.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator
from typing import NamedTuple

_REQUEST = struct.Struct(">IIBB")
_ANSWER = struct.Struct(">IIB")
_LENGTH_BYTES = 4


class Kind(enum.IntEnum):
    """What a request asks for."""

    START = 0
    """To serve a database: the body is JSON with `datamodel`, `url` and `logQueries`. Always the first request."""
    QUERY = 1
    """The query, or batch of queries, that Prisma Client Python built."""
    BEGIN = 2
    """An interactive transaction: JSON with `timeout` and `max_wait` in milliseconds, `isolation_level`."""
    COMMIT = 3
    ROLLBACK = 4
    STATUS = 5
    """Whether the database answers."""
    PING = 6
    """Whether the engine answers."""


class Verdict(enum.IntEnum):
    """What became of a request."""

    ANSWERED = 0
    REFUSED = 1
    """The engine is about to exit and has not looked at the request."""


class Answer(NamedTuple):
    number: int
    verdict: int
    body: bytes


def encode_request(number: int, kind: Kind, body: bytes, transaction: bytes = b"") -> bytes:
    length = _REQUEST.size - _LENGTH_BYTES + len(transaction) + len(body)
    return _REQUEST.pack(length, number, kind, len(transaction)) + transaction + body


class AnswerParser:
    """Takes bytes as they arrive, however they are cut, and gives the answers that are complete."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> Iterator[Answer]:
        received = self._received
        received += data
        at = 0
        while len(received) - at >= _ANSWER.size:
            length, number, verdict = _ANSWER.unpack_from(received, at)
            end = at + _LENGTH_BYTES + length
            if len(received) < end:
                break
            yield Answer(number, verdict, bytes(received[at + _ANSWER.size : end]))
            at = end
        del received[:at]
