"""The catalog over the demo, and over real upstream processes that list, fail, hang and die."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from app.chat.completion import Model, ServedModel
from app.chat.errors import BadInput, ModelNotFound
from app.generation.catalog import MISS_REFRESH_SECONDS, Catalog, build_catalog
from app.generation.demo import DemoBackend
from app.generation.model_list import FRESH_SECONDS, RETRY_SECONDS
from app.generation.openai_compatible import OpenAICompatibleBackend
from tests.generation.listening import asking, hear
from tests.upstream.process import Upstream, run_upstream
from tests.upstream.script import Script


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def catalog_of(
    upstream: Upstream, *, clock: Clock | None = None, default: str | None = None
) -> AsyncGenerator[Catalog, None]:
    """The upstream first, then the demo."""
    backend = OpenAICompatibleBackend(base_url=upstream.base_url)
    catalog = Catalog([backend, DemoBackend()], default=default, clock=clock or time.monotonic)
    yield catalog
    await catalog.close()


async def ids(catalog: Catalog) -> list[str]:
    return [model.id for model in await catalog.list()]


# Without a key


async def test_without_a_key_there_is_the_demo() -> None:
    catalog = build_catalog()
    assert await catalog.list() == (Model("demo", "demo"), Model("demo-fast", "demo"))
    assert (await catalog.resolve(None)).model.id == "demo"


async def test_the_default_model_is_the_operators_choice() -> None:
    assert (await build_catalog(default_model="demo-fast").resolve(None)).model.id == "demo-fast"


@pytest.mark.parametrize("name", ["demo", "demo-fast"])
async def test_a_listed_model_is_served_under_its_own_name(name: str) -> None:
    served = await build_catalog().resolve(name)
    assert (served.model.id, served.upstream_name) == (name, name)


async def test_a_name_that_nobody_serves_is_refused() -> None:
    with pytest.raises(ModelNotFound, match="gpt-unknown"):
        await build_catalog().resolve("gpt-unknown")


async def test_the_demo_does_not_pass_for_another_model() -> None:
    with pytest.raises(ModelNotFound):
        await build_catalog(default_model="gpt-unknown").resolve(None)


# With an upstream


async def test_with_a_url_there_is_the_upstream_and_no_demo(upstream: Upstream) -> None:
    catalog = build_catalog(openai_base_url=upstream.base_url, openai_api_key="sk-tests")
    assert await ids(catalog) == ["upstream", "upstream-2"]
    served = await catalog.resolve(None)
    assert served.model.id == "upstream"
    assert (await hear(served.backend, asking(Script(seed=1)))).text == Script(seed=1).whole_text()
    await catalog.close()


async def test_the_default_model_is_served_even_if_the_upstream_does_not_list_it(upstream: Upstream) -> None:
    catalog = build_catalog(openai_base_url=upstream.base_url, default_model="llama3")
    assert (await catalog.resolve(None)).upstream_name == "llama3"
    assert (await catalog.resolve("llama3")).upstream_name == "llama3"
    assert await ids(catalog) == ["llama3", "upstream", "upstream-2"]
    await catalog.close()


async def test_an_unlisted_name_is_refused_where_the_upstream_lists_its_models(upstream: Upstream) -> None:
    catalog = build_catalog(openai_base_url=upstream.base_url)
    with pytest.raises(ModelNotFound):
        await catalog.resolve("upstraem")
    await catalog.close()


async def test_any_name_is_passed_on_where_the_upstream_has_no_list() -> None:
    async with run_upstream("--models-status", "404") as upstream:
        catalog = build_catalog(openai_base_url=upstream.base_url)
        assert (await catalog.resolve("anything")).upstream_name == "anything"
        assert await catalog.list() == ()
        with pytest.raises(BadInput, match="PARLEY_DEFAULT_MODEL"):
            await catalog.resolve(None)
        await catalog.close()


async def test_the_list_is_fetched_once_for_all_who_ask() -> None:
    async with run_upstream("--models-delay-seconds", "0.2") as upstream, catalog_of(upstream) as catalog:
        await asyncio.gather(*(catalog.list() for _ in range(20)), *(catalog.resolve("upstream") for _ in range(20)))
        assert (await upstream.state())["models_requests"] == 1


async def test_an_old_list_is_served_while_the_next_one_is_fetched() -> None:
    clock = Clock()
    async with run_upstream() as upstream, catalog_of(upstream, clock=clock) as catalog:
        await catalog.list()
        clock.now += FRESH_SECONDS + 1
        assert await ids(catalog) == ["upstream", "upstream-2", "demo", "demo-fast"]
        await upstream.reaches(lambda state: state["models_requests"] == 2)


async def test_a_missing_name_is_looked_for_in_a_new_list_but_not_each_time() -> None:
    clock = Clock()
    async with run_upstream() as upstream, catalog_of(upstream, clock=clock) as catalog:
        await catalog.list()
        for _ in range(3):
            with pytest.raises(ModelNotFound):
                await catalog.resolve("new")
        assert (await upstream.state())["models_requests"] == 1
        clock.now += MISS_REFRESH_SECONDS + 1
        for _ in range(3):
            with pytest.raises(ModelNotFound):
                await catalog.resolve("new")
        assert (await upstream.state())["models_requests"] == 2


@pytest.mark.parametrize("arguments", [["--models-status", "500"], ["--models-delay-seconds", "60"]])
async def test_an_upstream_that_fails_or_hangs_hides_only_its_own_models_and_is_waited_for_once(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.generation.model_list.DEADLINE_SECONDS", 0.3)
    async with run_upstream(*arguments) as upstream, catalog_of(upstream) as catalog:
        assert await ids(catalog) == ["demo", "demo-fast"]
        began = time.monotonic()
        for _ in range(20):
            assert await ids(catalog) == ["demo", "demo-fast"]
            assert (await catalog.resolve("demo")).backend.name == "demo"
        assert time.monotonic() - began < 2
        assert (await upstream.state())["models_requests"] == 1


async def test_an_upstream_that_died_loses_its_models_and_does_not_hold_anybody_up() -> None:
    clock = Clock()
    async with run_upstream() as upstream, catalog_of(upstream, clock=clock) as catalog:
        await catalog.list()
        await upstream.close()
        clock.now += FRESH_SECONDS + 1
        deadline = time.monotonic() + 5
        while "upstream" in await ids(catalog):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        assert await ids(catalog) == ["demo", "demo-fast"]


async def test_an_upstream_that_comes_back_has_its_models_again() -> None:
    clock = Clock()
    async with run_upstream() as first:
        port = first.port
        backend = OpenAICompatibleBackend(base_url=first.base_url)
        await first.close()
        catalog = Catalog([backend], clock=clock)
        assert await catalog.list() == ()
        async with run_upstream("--port", str(port)):
            clock.now += RETRY_SECONDS + 1
            deadline = time.monotonic() + 5
            while not await catalog.list():
                assert time.monotonic() < deadline
                await asyncio.sleep(0.01)
        await catalog.close()


async def test_a_caller_who_goes_away_does_not_cancel_the_fetch_for_others() -> None:
    async with run_upstream("--models-delay-seconds", "0.2") as upstream, catalog_of(upstream) as catalog:
        hasty, patient = asyncio.create_task(catalog.list()), asyncio.create_task(catalog.list())
        await upstream.reaches(lambda state: state["models_requests"] == 1)
        hasty.cancel()
        assert len(await patient) == 4


async def test_declared_models_are_served_under_the_name_they_were_given() -> None:
    demo = DemoBackend()
    alias = ServedModel(Model("cygnet", "demo", alias_of="demo-fast"), demo, "demo-fast")
    catalog = Catalog([demo], declared={"cygnet": alias})
    assert await catalog.resolve("cygnet") == alias
    assert await ids(catalog) == ["cygnet", "demo", "demo-fast"]


async def test_where_two_serve_the_same_name_the_first_one_does() -> None:
    first, second = DemoBackend(), DemoBackend()
    catalog = Catalog([first, second])
    assert await ids(catalog) == ["demo", "demo-fast"]
    assert (await catalog.resolve("demo")).backend is first
