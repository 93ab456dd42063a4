"""Requests as the official SDK would send them: a new release of it may head them in another way."""

from __future__ import annotations

from asyncio import StreamWriter

import openai
import pytest

from app.generation.deadlines import DEFAULT_DEADLINES
from app.generation.openai_compatible import OpenAICompatibleBackend
from app.generation.upstream_client import UpstreamClient
from tests.generation.listening import asking, hear
from tests.generation.raw_upstream import answering, whole_answer

OF_THE_CALL = (b"content-length:", b"x-stainless-raw-response:", b"x-stainless-retry-count:")
"""How long the body is, in what form the caller wants the answer, and which of the SDK's own attempts this one is."""


@pytest.mark.parametrize("end", ["", "/", "/within/", "/a%20b", "//"])
@pytest.mark.parametrize("user", ["", "me:s%40cret@"])
@pytest.mark.parametrize("own", ["x-gateway: ours", "authorization: ours", "Authorization: ours", "USER-AGENT: ours"])
async def test_an_upstream_is_asked_where_and_with_the_head_that_the_sdk_would_send(
    monkeypatch: pytest.MonkeyPatch, own: str, user: str, end: str
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-tests")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-tests")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", own)

    async def answer(writer: StreamWriter, _: int) -> None:
        writer.write(whole_answer("hello"))

    async with answering(answer) as upstream:
        base_url = upstream.url.replace("://", f"://{user}") + end
        backend = OpenAICompatibleBackend(base_url=base_url, api_key="sk-tests")
        await hear(backend, asking("hello"))
        await backend.close()
        async with openai.AsyncOpenAI(
            base_url=base_url, api_key="sk-tests", timeout=None, http_client=UpstreamClient(DEFAULT_DEADLINES)
        ) as sdk:
            await sdk.chat.completions.with_raw_response.create(
                model="upstream", messages=[{"role": "user", "content": "hello"}], stream=True
            )
        ours, theirs = (_lines(head) for head in upstream.heads)
    assert ours == theirs
    assert own.lower().encode() in ours or (user and "authorization" in own.lower())


async def test_a_key_that_the_environment_has_for_another_upstream_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another")

    async def answer(writer: StreamWriter, _: int) -> None:
        writer.write(whole_answer("hello"))

    async with answering(answer) as upstream:
        backend = OpenAICompatibleBackend(base_url=upstream.url)
        await hear(backend, asking("hello"))
        await backend.close()
        [head] = upstream.heads
    assert b"sk-another" not in head


def _lines(head: bytes) -> set[bytes]:
    """Without what differs from call to call; the names of headers have no case."""
    first, *headers = head.strip().split(b"\r\n")
    named = [name.lower() + b":" + value for name, _, value in (each.partition(b":") for each in headers)]
    return {first, *(each for each in named if not each.startswith(OF_THE_CALL))}
