from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from app.generation.deadlines import Deadlines
from app.generation.openai_compatible import OpenAICompatibleBackend
from app.generation.retrying import RetryPolicy
from tests.upstream.process import Upstream, run_upstream

IMPATIENT = Deadlines(
    connect_seconds=1, first_token_seconds=0.3, between_tokens_seconds=0.3, after_finish_seconds=0.2, close_seconds=0.1
)
QUICK = RetryPolicy(attempts=3, base_seconds=0.001)


@pytest.fixture(scope="session")
async def upstream() -> AsyncGenerator[Upstream, None]:
    async with run_upstream() as upstream:
        yield upstream


@pytest.fixture
async def backend(upstream: Upstream) -> AsyncGenerator[OpenAICompatibleBackend, None]:
    """On the upstream; asks again without delay."""
    backend = OpenAICompatibleBackend(base_url=upstream.base_url, api_key="sk-tests", retries=QUICK)
    yield backend
    await backend.close()


@pytest.fixture
async def impatient(upstream: Upstream) -> AsyncGenerator[OpenAICompatibleBackend, None]:
    """As `backend`, with deadlines that a test can wait for."""
    backend = OpenAICompatibleBackend(base_url=upstream.base_url, deadlines=IMPATIENT, retries=QUICK)
    yield backend
    await backend.close()
