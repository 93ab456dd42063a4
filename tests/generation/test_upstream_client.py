"""What both backends make of answers that no proper server gives: cut, unreadable, huge, or none at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from app.chat.completion import Backend, Piece
from app.chat.errors import BackendFailed, BackendFault
from app.generation import upstream_client
from app.generation.egp import EgpBackend
from app.generation.openai_compatible import OpenAICompatibleBackend
from app.generation.retrying import RetryPolicy
from tests.generation.listening import asking, hear
from tests.generation.raw_upstream import STREAM_HEAD, Answer, RawUpstream, answering, event, framed, whole_answer
from tests.upstream.process import run_upstream
from tests.upstream.script import Script

FAR_LONGER_SECONDS = 20.0
"""Than anything here takes, and far shorter than the deadlines of the backends."""

Asked = tuple[Backend, RawUpstream]

backends = pytest.mark.parametrize("kind", [OpenAICompatibleBackend, EgpBackend])
Kind = type[OpenAICompatibleBackend] | type[EgpBackend]


@asynccontextmanager
async def asked(kind: Kind, answer: Answer, *, attempts: int = 1) -> AsyncGenerator[Asked, None]:
    """A backend of that kind, with the usual deadlines, and the upstream that gives it those answers."""
    async with answering(answer) as upstream, asyncio.timeout(FAR_LONGER_SECONDS):
        backend = kind(base_url=upstream.url, retries=RetryPolicy(attempts=attempts, base_seconds=0.001))
        try:
            yield backend, upstream
        finally:
            await backend.close()


def saying(answer: bytes, *, close: bool = True) -> Answer:
    async def say(writer: asyncio.StreamWriter, _: int) -> None:
        writer.write(answer)
        await writer.drain()
        if close:
            writer.close()

    return say


async def failure_of(backend: Backend) -> BackendFailed:
    failure = (await hear(backend, asking("hello"))).failure
    assert failure is not None
    return failure


async def loop_turns(number: int) -> None:
    """So that whatever has reached this process is known to its connections."""
    for _ in range(number):
        await asyncio.sleep(0)


@backends
async def test_a_refusal_with_its_body_cut_counts_by_its_status_and_is_asked_about_again(kind: Kind) -> None:
    cut = b'HTTP/1.1 503 Busy\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"error"'
    async with asked(kind, saying(cut), attempts=3) as (backend, upstream):
        failure = await failure_of(backend)
    assert (failure.upstream_code, failure.can_retry) == ("http_503", True)
    assert len(upstream.heads) == 3


@backends
async def test_a_refusal_in_another_encoding_than_it_says_counts_by_its_status(kind: Kind) -> None:
    false = b"HTTP/1.1 400 Bad\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello"
    async with asked(kind, saying(false)) as (backend, _):
        failure = await failure_of(backend)
    assert (failure.upstream_code, failure.fault) == ("http_400", BackendFault.REFUSED)


@backends
async def test_a_refusal_whose_reasons_never_come_counts_by_its_status(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream_client, "REFUSAL_SECONDS", 0.1)
    stalled = b"HTTP/1.1 429 Slow down\r\nretry-after: 7\r\ncontent-length: 1000\r\n\r\n"
    async with asked(kind, saying(stalled, close=False)) as (backend, _):
        failure = await failure_of(backend)
    assert (failure.fault, failure.retry_after_seconds) == (BackendFault.LIMITED, 7)


@backends
async def test_a_refusal_with_headers_that_are_not_ascii_counts_by_its_status(kind: Kind) -> None:
    odd = b"HTTP/1.1 429 Slow down\r\nretry-after: \xff\r\nx-odd: \xe9\r\ncontent-length: 2\r\n\r\n{}"
    async with asked(kind, saying(odd)) as (backend, _):
        failure = await failure_of(backend)
    assert (failure.fault, failure.retry_after_seconds) == (BackendFault.LIMITED, None)


@backends
@pytest.mark.parametrize("charset", [b"utf-16", b"hex", b"idna", b"undefined", b"none-such"])
async def test_a_refusal_in_another_charset_than_it_says_counts_by_its_status_and_tells_its_reasons(
    kind: Kind, charset: bytes
) -> None:
    head = b"HTTP/1.1 429 Slow down\r\ncontent-type: application/json; charset=%b\r\ncontent-length: 29\r\n\r\n"
    async with asked(kind, saying(head % charset + b'{"error":{"message":"later"}}')) as (backend, _):
        failure = await failure_of(backend)
    assert (failure.fault, str(failure)) == (BackendFault.LIMITED, "later")


@pytest.mark.parametrize("address", [b"http://a..b/", b"http://127.0.0.1:99999/", b"http://%b/" % (b"a" * 64)])
async def test_a_redirect_to_what_is_no_address_is_an_upstream_that_cannot_be_reached(address: bytes) -> None:
    answer = b"HTTP/1.1 307 Elsewhere\r\nlocation: %b\r\ncontent-length: 0\r\n\r\n" % address
    async with asked(OpenAICompatibleBackend, saying(answer)) as (backend, _):
        failure = await failure_of(backend)
    assert (failure.upstream_code, failure.can_retry) == ("UPSTREAM_UNREACHABLE", True)


@backends
async def test_the_reasons_for_a_refusal_are_told(kind: Kind) -> None:
    body = b'{"error": {"code": "context_length_exceeded", "message": "at most 8 tokens"}}'
    refusal = b"HTTP/1.1 400 Bad\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    async with asked(kind, saying(refusal)) as (backend, _):
        failure = await failure_of(backend)
    assert (failure.upstream_code, str(failure)) == ("context_length_exceeded", "at most 8 tokens")


@backends
@pytest.mark.parametrize("answer", [b"-ERR unknown command\r\n", b"", b"HTTP/1.1 200 OK\r\ncontent-"])
async def test_what_is_no_http_is_an_upstream_that_cannot_be_reached(kind: Kind, answer: bytes) -> None:
    async with asked(kind, saying(answer), attempts=2) as (backend, upstream):
        failure = await failure_of(backend)
    assert (failure.upstream_code, failure.can_retry) == ("UPSTREAM_UNREACHABLE", True)
    assert len(upstream.heads) == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"-ERR unknown command\r\n",
        b"HTTP/1.1 503 Busy\r\ncontent-length: 1000\r\n\r\nno",
        b"HTTP/1.1 500 Bad\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nno",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + b"[" * 100_000,
    ],
)
async def test_a_list_of_models_that_cannot_be_read_is_a_failure_of_the_upstream(answer: bytes) -> None:
    async with asked(OpenAICompatibleBackend, saying(answer)) as (backend, _):
        with pytest.raises(BackendFailed) as failed:
            await backend.models()
    assert failed.value.can_retry


@backends
async def test_an_http_chunk_that_is_none_ends_the_stream_at_once_and_keeps_what_was_said(kind: Kind) -> None:
    begun = asyncio.Event()

    async def garble(writer: asyncio.StreamWriter, _: int) -> None:
        writer.write(STREAM_HEAD + framed(event("hello ")))
        await begun.wait()
        writer.write(framed(event("world ")) + b"zzzz no chunk\r\n")
        await writer.drain()
        await asyncio.Event().wait()  # the connection stays: only what came tells that nothing more will

    said = ""
    async with asked(kind, garble) as (backend, _):
        with pytest.raises(BackendFailed) as failed:
            async for item in backend.complete(asking("hello")):
                said += item.content if isinstance(item, Piece) else ""
                begun.set()
    assert (said, failed.value.upstream_code) == ("hello world ", "UPSTREAM_INCOMPLETE")


@backends
async def test_what_was_said_before_a_break_comes_also_to_a_reader_that_takes_its_time(kind: Kind) -> None:
    """The break is known before the text is taken."""
    begun, broken = asyncio.Event(), asyncio.Event()

    async def break_off(writer: asyncio.StreamWriter, _: int) -> None:
        writer.write(STREAM_HEAD + framed(event("hello ")))
        await begun.wait()
        writer.write(framed(event("world ")))
        writer.close()
        await writer.wait_closed()
        broken.set()

    said = ""
    async with asked(kind, break_off) as (backend, _):
        with pytest.raises(BackendFailed) as failed:
            async for item in backend.complete(asking("hello")):
                said += item.content if isinstance(item, Piece) else ""
                begun.set()
                await broken.wait()
                await loop_turns(10)
    assert (said, failed.value.upstream_code) == ("hello world ", "UPSTREAM_INCOMPLETE")


@backends
async def test_headers_may_be_long(kind: Kind) -> None:
    head = STREAM_HEAD.replace(b"\r\n\r\n", b"\r\nx-long: " + b"a" * 40_000 + b"\r\n\r\n")
    async with asked(kind, saying(whole_answer("hello", head=head))) as (backend, _):
        heard = await hear(backend, asking("hello"))
    assert (heard.failure, heard.text) == (None, "hello")


@backends
async def test_what_follows_the_end_mark_is_not_said_and_the_connection_serves_again(kind: Kind) -> None:
    answer = whole_answer("hello").removesuffix(b"0\r\n\r\n") + framed(event(" and more")) + b"0\r\n\r\n"
    async with asked(kind, saying(answer, close=False)) as (backend, upstream):
        heard = [await hear(backend, asking("hello")) for _ in range(2)]
    assert [(each.failure, each.text) for each in heard] == [(None, "hello")] * 2
    assert len(upstream.heads) == 2


@backends
async def test_cookies_are_not_kept(kind: Kind) -> None:
    head = STREAM_HEAD.replace(b"\r\n\r\n", b"\r\nset-cookie: session=OF-ONE-OWNER; Path=/\r\n\r\n")
    async with asked(kind, saying(whole_answer("hello", head=head))) as (backend, upstream):
        for _ in range(2):
            assert (await hear(backend, asking("hello"))).text == "hello"
    assert [b"cookie:" in each.lower() for each in upstream.heads] == [False, False]


@backends
async def test_as_many_completions_run_at_once_as_are_asked_for_and_the_models_are_still_listed(kind: Kind) -> None:
    many = 105
    async with run_upstream() as upstream:
        base_url = upstream.base_url if kind is OpenAICompatibleBackend else upstream.egp_base_url
        backend = kind(base_url=base_url)
        hearing = [asyncio.create_task(hear(backend, asking(Script(stall_after=1)))) for _ in range(many)]
        try:
            await upstream.reaches(lambda state: state["answering"] == many)
            async with asyncio.timeout(FAR_LONGER_SECONDS):
                assert await backend.models() == (() if kind is EgpBackend else ("upstream", "upstream-2"))
        finally:
            for each in hearing:
                each.cancel()
            await asyncio.wait(hearing)
            await backend.close()
