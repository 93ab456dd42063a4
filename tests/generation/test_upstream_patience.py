"""How long an upstream is waited for that is not there, does not answer, or says nothing of use."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress

import pytest

from app.chat.errors import BackendFault
from app.generation.deadlines import Deadlines
from app.generation.openai_compatible import OpenAICompatibleBackend
from tests.generation.conftest import IMPATIENT, QUICK
from tests.generation.listening import Heard, asking, hear
from tests.upstream.process import Upstream
from tests.upstream.script import Script

FAR_LONGER_SECONDS = 20.0
"""Than each deadline here, and far shorter than what would be waited without one."""

EMPTY_DELTAS = "".join(': alive\n\ndata: {"choices": [{"index": 0, "delta": {"content": ""}}]}\n\n' for _ in range(50))


async def hear_from(base_url: str, deadlines: Deadlines = IMPATIENT) -> Heard:
    backend = OpenAICompatibleBackend(base_url=base_url, deadlines=deadlines, retries=QUICK)
    try:
        async with asyncio.timeout(FAR_LONGER_SECONDS):
            return await hear(backend, asking("hello"))
    finally:
        await backend.close()


@pytest.fixture
def unreachable_port() -> Iterator[int]:
    """Where connections are neither taken nor refused: the queue of those that wait for it is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(8)]
        for each in waiting:
            each.setblocking(False)
            with suppress(BlockingIOError):
                each.connect(listener.getsockname())
        yield listener.getsockname()[1]
        for each in waiting:
            each.close()


class Mute(asyncio.Protocol):
    """Takes requests and answers none."""

    def __init__(self, left: asyncio.Event) -> None:
        self._left = left

    def connection_lost(self, error: Exception | None) -> None:
        self._left.set()


@pytest.fixture
async def mute() -> AsyncGenerator[tuple[int, asyncio.Event]]:
    """The port of an upstream that never answers, and whether its caller has gone."""
    left = asyncio.Event()
    server = await asyncio.get_running_loop().create_server(lambda: Mute(left), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], left
    server.close()


async def test_a_connection_that_does_not_come_about_is_given_up(unreachable_port: int) -> None:
    deadlines = Deadlines(connect_seconds=0.2, first_token_seconds=10 * FAR_LONGER_SECONDS)
    failure = (await hear_from(f"http://127.0.0.1:{unreachable_port}/v1", deadlines)).failure
    assert failure is not None
    assert (failure.upstream_code, failure.fault) == ("UPSTREAM_UNREACHABLE", BackendFault.UNAVAILABLE)
    assert failure.can_retry


async def test_an_upstream_that_never_answers_is_given_up_and_left(mute: tuple[int, asyncio.Event]) -> None:
    port, left = mute
    failure = (await hear_from(f"http://127.0.0.1:{port}/v1")).failure
    assert failure is not None
    assert (failure.upstream_code, failure.fault) == ("UPSTREAM_TIMEOUT", BackendFault.SILENT)
    async with asyncio.timeout(FAR_LONGER_SECONDS):
        await left.wait()


async def test_empty_deltas_are_silence(impatient: OpenAICompatibleBackend, upstream: Upstream) -> None:
    async with asyncio.timeout(FAR_LONGER_SECONDS):
        heard = await hear(impatient, asking(Script(raw=EMPTY_DELTAS, linger=True)))
    assert heard.pieces == []
    assert heard.failure is not None
    assert heard.failure.fault is BackendFault.SILENT
    await upstream.reaches(lambda state: state["answering"] == 0)


async def test_silence_is_not_asked_for_again(impatient: OpenAICompatibleBackend, upstream: Upstream) -> None:
    script = Script(seed=701, stall_after=0)
    await hear(impatient, asking(script))
    asked = [each["body"]["messages"][0]["content"] for each in (await upstream.state())["requests"]]
    assert asked.count(script.prompt()) == 1
