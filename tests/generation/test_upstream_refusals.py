"""What the backend makes of an upstream's refusals: whose fault, worth another try or not."""

from __future__ import annotations

import socket
import time

import pytest

from app.chat.errors import BackendFault
from app.generation.openai_compatible import OpenAICompatibleBackend
from app.generation.retrying import RetryPolicy
from tests.generation.listening import asking, hear
from tests.upstream.process import Upstream
from tests.upstream.script import Script


@pytest.mark.parametrize(
    ("status", "fault", "retryable", "code"),
    [
        (400, BackendFault.REFUSED, False, "http_400"),
        (401, BackendFault.UNAVAILABLE, False, "http_401"),
        (402, BackendFault.LIMITED, False, "rate_limit_exceeded"),
        (403, BackendFault.UNAVAILABLE, False, "http_403"),
        (404, BackendFault.UNKNOWN_MODEL, False, "model_not_found"),
        (422, BackendFault.REFUSED, False, "http_422"),
        (429, BackendFault.LIMITED, True, "rate_limit_exceeded"),
        (500, BackendFault.UNAVAILABLE, True, "http_500"),
        (503, BackendFault.UNAVAILABLE, True, "http_503"),
        (501, BackendFault.UNAVAILABLE, False, "http_501"),
    ],
)
async def test_a_refusal_says_whose_fault_it_is(
    backend: OpenAICompatibleBackend, status: int, fault: BackendFault, retryable: bool, code: str
) -> None:
    failure = (await hear(backend, asking(Script(status=status)))).failure
    assert failure is not None
    assert (failure.fault, failure.can_retry, failure.upstream_code) == (fault, retryable, code)


async def test_the_upstreams_own_code_and_words_are_kept(backend: OpenAICompatibleBackend) -> None:
    script = Script(status=400, code="context_length_exceeded", message="at most 8 tokens")
    failure = (await hear(backend, asking(script))).failure
    assert failure is not None
    assert (failure.upstream_code, str(failure)) == ("context_length_exceeded", "at most 8 tokens")


async def test_what_the_upstream_says_about_our_key_stays_in_the_log(backend: OpenAICompatibleBackend) -> None:
    script = Script(status=401, code="invalid_api_key", message="Incorrect API key provided: sk-tests")
    failure = (await hear(backend, asking(script))).failure
    assert failure is not None
    assert failure.upstream_code == "invalid_api_key"
    assert "sk-tests" not in str(failure)


@pytest.mark.parametrize(("status", "attempts"), [(400, 1), (401, 1), (404, 1), (429, 3), (500, 3), (503, 3)])
async def test_asks_again_only_for_what_may_pass(
    backend: OpenAICompatibleBackend, upstream: Upstream, status: int, attempts: int
) -> None:
    script = Script(seed=status, status=status)
    await hear(backend, asking(script))
    assert (await upstream.state())["refused"][script.prompt()] == attempts


async def test_does_not_ask_again_when_the_credit_is_used_up(
    backend: OpenAICompatibleBackend, upstream: Upstream
) -> None:
    script = Script(seed=13, status=429, code="insufficient_quota")
    failure = (await hear(backend, asking(script))).failure
    assert failure is not None
    assert not failure.can_retry
    assert (await upstream.state())["refused"][script.prompt()] == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_refusal_goes_unnoticed(backend: OpenAICompatibleBackend, status: int) -> None:
    script = Script(seed=status + 1, status=status, refusals=2)
    heard = await hear(backend, asking(script))
    assert (heard.failure, heard.text) == (None, script.whole_text())


async def test_waits_as_long_as_the_upstream_asks(backend: OpenAICompatibleBackend) -> None:
    script = Script(seed=14, status=429, refusals=1, retry_after="0.3")
    began = time.monotonic()
    assert (await hear(backend, asking(script))).text == script.whole_text()
    assert time.monotonic() - began >= 0.3


async def test_says_at_once_when_the_upstream_asks_for_a_long_wait(backend: OpenAICompatibleBackend) -> None:
    failure = (await hear(backend, asking(Script(seed=15, status=429, retry_after="120")))).failure
    assert failure is not None
    assert failure.retry_after_seconds == 120


async def test_an_upstream_that_is_not_there_fails_retryably() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        backend = OpenAICompatibleBackend(
            base_url=f"http://127.0.0.1:{nobody.getsockname()[1]}/v1", retries=RetryPolicy(attempts=1)
        )
        failure = (await hear(backend, asking("hello"))).failure
        await backend.close()
    assert failure is not None
    assert (failure.upstream_code, failure.can_retry) == ("UPSTREAM_UNREACHABLE", True)
