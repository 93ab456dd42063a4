"""Parley, as a process, before each of the real upstreams: only those that the environment names."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import openai
import pytest

from tests.e2e.process import running
from tests.upstreams.asking import Pair
from tests.upstreams.process import RealUpstream, run_llama, run_transformers

CHOSEN: Final = "PARLEY_TEST_UPSTREAMS"
"""The environment variable with the names of those that are to be asked: `llama transformers`."""

_STARTS: Final[dict[str, Callable[[Path], AbstractAsyncContextManager[RealUpstream]]]] = {
    "llama": partial(run_llama, interrupt_requests=True),
    "llama-patient": partial(run_llama, interrupt_requests=False),
    "transformers": run_transformers,
}


@pytest.fixture(scope="session", params=["llama", "transformers"])
async def pair(request: pytest.FixtureRequest) -> AsyncGenerator[Pair]:
    """Parametrized with "llama-patient", a llama.cpp that answers one request after the other.

    Not in pytest's folder, which the next run as root closes to the user that PostgreSQL runs as.
    """
    name: str = request.param
    if name.partition("-")[0] not in os.environ.get(CHOSEN, "").split():
        pytest.skip(f"a real upstream, which takes minutes to install: `make test-upstreams`, or {CHOSEN} names it")
    with TemporaryDirectory() as folder:
        async with (
            _STARTS[name](Path(folder)) as upstream,
            running(Path(folder), OPENAI_BASE_URL=upstream.base_url) as parley,
            openai.AsyncOpenAI(base_url=f"{parley.url}/v1", api_key="none", max_retries=0, timeout=60) as client,
        ):
            yield Pair(upstream, parley, client)
