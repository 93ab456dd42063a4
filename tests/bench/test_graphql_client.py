"""The load client on a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import pytest

from bench.graphql_client import clients, request

QUESTION = request("query ($n: Int) { n(n: $n) }", {"n": 7})
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@asynccontextmanager
async def server(answers: Sequence[Sequence[bytes]]) -> AsyncGenerator[tuple[int, list[bytes]]]:
    """Its port and what it is asked; gives each answer in pieces, then closes."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for pieces in answers:
            asked.append(await reader.readexactly(len(QUESTION)))
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1], asked


def whole(body: bytes) -> bytes:
    return HEAD + b"content-length: %d\r\n\r\n%s" % (len(body), body)


async def test_answers_come_one_after_the_other_however_they_are_cut_and_framed() -> None:
    first = whole(b'{"data":{"n":1}}')
    chunked = HEAD + b'transfer-encoding: chunked\r\n\r\n6\r\n{"data\r\na\r\n":{"n":2}}\r\n0\r\n\r\n'
    pieces = [first[:20], first[20:70], first[70:]]
    async with server([pieces, [chunked]]) as (port, asked), clients(port, QUESTION, 1) as [client]:
        assert [await client.ask(), await client.ask()] == [b'{"data":{"n":1}}', b'{"data":{"n":2}}']
    assert asked == [QUESTION, QUESTION]
    head, _, body = QUESTION.partition(b"\r\n\r\n")
    assert b"content-length: %d" % len(body) in head
    assert json.loads(body)["variables"] == {"n": 7}


@pytest.mark.parametrize(
    "answer",
    [
        whole(b'{"data":null,"errors":[{"message":"no"}]}'),
        b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}",
        b"",
    ],
    ids=["errors", "status", "closed"],
)
async def test_an_error_is_no_answer(answer: bytes) -> None:
    async with server([[answer]]) as (port, _), clients(port, QUESTION, 1) as [client]:
        with pytest.raises(AssertionError):
            await client.ask()
