"""The server that the snippets speak to, on an upstream that answers each with what it was asked."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.e2e.process import ServerProcess, migrate, running
from tests.seeds.interpreter import interpreter
from tests.upstream.process import Upstream, run_upstream

MODELS = ("upstream", "Neural-Chat-7B", "gpt-3.5-turbo-0613", "llama-2-70b-chat", "cygnet-llama-3")
CONFIGURATION = """
default_model = "upstream"

[backends.everything]
kind = "openai"
base_url = "{address}/v1"

[backends.spellbook]
kind = "egp"
base_url = "{address}/egp/v1"

[models.upstream]
backend = "everything"

[models.cygnet-llama-3]
backend = "everything"

[models.spellbook]
backend = "spellbook"

[aliases]
cygnet = "cygnet-llama-3"
"""

INSTALLING_SECONDS = 600
"""Of the first test that needs the SDKs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "snippet_python" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(INSTALLING_SECONDS))


@pytest.fixture(scope="session")
def snippet_python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the documents' SDKs, kept in pytest's cache if there is one."""
    cache: pytest.Cache | None = getattr(request.config, "cache", None)
    return interpreter(cache.mkdir("seeds") if cache else tmp_path_factory.mktemp("seeds"))


@pytest.fixture(scope="session")
async def upstream() -> AsyncGenerator[Upstream]:
    async with run_upstream("--models", ",".join(MODELS)) as upstream:
        yield upstream


@pytest.fixture(scope="session")
async def server(upstream: Upstream) -> AsyncGenerator[ServerProcess]:
    """With the documents' models, by the names that the documents have for them."""
    with TemporaryDirectory(prefix="parley-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "parley.toml").write_text(CONFIGURATION.format(address=f"http://127.0.0.1:{upstream.port}"))
        await migrate(folder)
        async with running(folder) as server:
            yield server


def said(question: str) -> str:
    """What the upstream answers."""
    return f"You said: {question}"
