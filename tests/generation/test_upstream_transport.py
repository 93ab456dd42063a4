"""Proxies, and what else lies between the backends and their upstreams."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from app.generation.egp import EgpBackend
from app.generation.openai_compatible import OpenAICompatibleBackend
from app.generation.retrying import RetryPolicy
from app.generation.upstream_transport import MAX_WRITTEN_AT_ONCE_BYTES
from tests.generation.listening import Heard, asking, hear
from tests.generation.raw_upstream import RawUpstream, answering, whole_answer

DEADLINE_SECONDS = 20.0

backends = pytest.mark.parametrize("kind", [OpenAICompatibleBackend, EgpBackend])
Kind = type[OpenAICompatibleBackend] | type[EgpBackend]


@asynccontextmanager
async def proxy(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> AsyncGenerator[RawUpstream]:
    """One that answers by itself, and is the environment's for all but 127.0.0.1."""

    async def say(writer: asyncio.StreamWriter, _: int) -> None:
        writer.write(answer)

    async with answering(say) as upstream:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://me:s%C3%A9cret@127.0.0.1:{upstream.port}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield upstream


async def hear_from(kind: Kind, base_url: str, prompt: str = "hello") -> Heard:
    backend = kind(base_url=base_url, retries=RetryPolicy(attempts=1))
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await hear(backend, asking(prompt))
    finally:
        await backend.close()


@backends
async def test_a_proxy_of_the_environment_is_asked_with_its_user_and_password(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy(monkeypatch, whole_answer("hello")) as asked:
        backend = kind(base_url="http://upstream.invalid/v1", api_key="sk-upstream")
        heard = [await hear(backend, asking("hello")) for _ in range(2)]  # on one connection
        await backend.close()
    assert [(each.failure, each.text) for each in heard] == [(None, "hello")] * 2
    user = b64encode("me:sécret".encode()).decode()
    for head in asked.heads:
        assert head.startswith(b"POST http://upstream.invalid/v1/chat")
        assert f"proxy-authorization: basic {user}".lower() in head.decode().lower()
        assert b"sk-upstream" in head


@backends
async def test_a_tunnel_that_a_proxy_refuses_is_an_upstream_that_cannot_be_reached(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxy(monkeypatch, b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n") as asked:
        heard = await hear_from(kind, "https://upstream.invalid/v1")
    assert heard.failure is not None
    assert heard.failure.upstream_code == "UPSTREAM_UNREACHABLE"
    assert asked.heads[0].startswith(b"CONNECT upstream.invalid:443 ")


@backends
async def test_what_is_not_for_the_proxy_goes_past_it(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    async def say(writer: asyncio.StreamWriter, _: int) -> None:
        writer.write(whole_answer("hello"))

    async with proxy(monkeypatch, b"") as asked, answering(say) as upstream:
        assert (await hear_from(kind, upstream.url)).text == "hello"
    assert not asked.heads


@backends
async def test_a_prompt_may_be_long(kind: Kind) -> None:
    """What `answering` has read of it is all of it."""

    async def say(writer: asyncio.StreamWriter, _: int) -> None:
        writer.write(whole_answer("hello"))

    async with answering(say) as upstream:
        heard = await hear_from(kind, upstream.url, "long " * MAX_WRITTEN_AT_ONCE_BYTES)
    assert (heard.failure, heard.text) == (None, "hello")
