"""Connections that are closed or reset before anything of an answer came."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
import uvloop

from app.chat.errors import BackendFailed
from app.generation.egp import EgpBackend
from app.generation.openai_compatible import OpenAICompatibleBackend
from app.generation.retrying import RetryPolicy
from tests.generation.listening import Heard, asking, hear
from tests.generation.raw_upstream import Answer, RawUpstream, answering, reset, whole_answer

MANY = 300
"""Some are reset before this process knows that they stand, some while they are being asked."""

HELLO = asking("hello")

backends = pytest.mark.parametrize("kind", [OpenAICompatibleBackend, EgpBackend])
Kind = type[OpenAICompatibleBackend] | type[EgpBackend]


@asynccontextmanager
async def asking_once(kind: Kind, base_url: str) -> AsyncGenerator[OpenAICompatibleBackend | EgpBackend, None]:
    """A backend that never asks again for what failed."""
    backend = kind(base_url=base_url, retries=RetryPolicy(attempts=1))
    yield backend
    await backend.close()


async def hear_twice(kind: Kind, answer: Answer) -> tuple[list[Heard], RawUpstream]:
    async with answering(answer) as upstream, asking_once(kind, upstream.url) as backend, asyncio.timeout(20):
        return [await hear(backend, asking("hello")) for _ in range(2)], upstream


def close(writer: asyncio.StreamWriter) -> None:
    writer.close()


@backends
@pytest.mark.parametrize("end", [close, reset])
async def test_a_kept_connection_that_is_closed_just_as_the_next_request_comes_goes_unnoticed(
    kind: Kind, end: Callable[[asyncio.StreamWriter], None]
) -> None:
    async def close_at_the_second(writer: asyncio.StreamWriter, number: int) -> None:
        if number == 1:
            writer.write(whole_answer("hello"))
        else:
            end(writer)

    heard, upstream = await hear_twice(kind, close_at_the_second)
    assert [(each.failure, each.text) for each in heard] == [(None, "hello")] * 2
    assert len(upstream.heads) == 3


@backends
@pytest.mark.parametrize("end", [close, reset])
async def test_a_new_connection_that_is_closed_without_an_answer_is_a_failure_that_counts(
    kind: Kind, end: Callable[[asyncio.StreamWriter], None]
) -> None:
    async def close_each(writer: asyncio.StreamWriter, _: int) -> None:
        end(writer)

    heard, upstream = await hear_twice(kind, close_each)
    assert [each.failure and each.failure.upstream_code for each in heard] == ["UPSTREAM_UNREACHABLE"] * 2
    assert len(upstream.heads) == 2


@backends
async def test_a_kept_connection_that_answers_nonsense_is_a_failure_that_counts(kind: Kind) -> None:
    async def nonsense_at_the_second(writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(whole_answer("hello") if number == 1 else b"-ERR unknown command\r\n\r\n")

    heard, upstream = await hear_twice(kind, nonsense_at_the_second)
    assert heard[0].failure is None
    assert heard[1].failure is not None
    assert len(upstream.heads) == 2


@pytest.fixture
def resetting() -> Iterator[str]:
    """The URL of an upstream that resets every connection as soon as it stands."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:

        def reset_each() -> None:
            while True:
                try:
                    accepted, _ = listener.accept()
                except OSError:  # closed
                    return
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                accepted.close()

        thread = threading.Thread(target=reset_each)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@backends
async def test_a_connection_that_is_reset_at_once_is_an_upstream_that_cannot_be_reached(
    kind: Kind, resetting: str
) -> None:
    """On the loop that Parley runs on."""

    async def failures() -> list[BackendFailed | None]:
        async with asking_once(kind, resetting) as backend:
            return [each.failure for each in await asyncio.gather(*(hear(backend, HELLO) for _ in range(MANY)))]

    seen = await asyncio.to_thread(uvloop.run, failures())
    assert {each and (each.upstream_code, each.can_retry) for each in seen} == {("UPSTREAM_UNREACHABLE", True)}
