"""The catalog over the demo, and over real upstream processes that list, fail, hang and die."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from app.chat.completion import Model, ServedModel
from app.chat.errors import BackendFault, BadInput, ModelNotFound
from app.chat.identifiers import MESSAGE, new_message_id, to_text
from app.generation.catalog import MISS_REFRESH_SECONDS, Catalog
from app.generation.demo import DemoBackend
from app.generation.model_list import FRESH_SECONDS, RETRY_SECONDS
from app.generation.openai_compatible import OpenAICompatibleBackend
from tests.generation.listening import asking, hear
from tests.upstream.process import Upstream, run_upstream


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
    async with closing(catalog):
        yield catalog


@asynccontextmanager
async def closing(catalog: Catalog) -> AsyncGenerator[Catalog, None]:
    yield catalog
    await catalog.close()


async def ids(catalog: Catalog) -> list[str]:
    return [model.id for model in await catalog.list()]


async def test_an_unlisted_name_is_refused_where_the_upstream_lists_its_models(upstream: Upstream) -> None:
    backend = OpenAICompatibleBackend(base_url=upstream.base_url)
    async with closing(Catalog([backend])) as catalog:
        with pytest.raises(ModelNotFound, match="upstraem"):
            await catalog.resolve("upstraem")


async def test_any_name_is_passed_on_where_the_upstream_has_no_list() -> None:
    async with run_upstream("--models-status", "404") as upstream:
        backend = OpenAICompatibleBackend(base_url=upstream.base_url)
        async with closing(Catalog([backend])) as catalog:
            assert (await catalog.resolve("anything")).upstream_name == "anything"
            assert await catalog.list() == ()
            with pytest.raises(BadInput, match="PARLEY_DEFAULT_MODEL"):
                await catalog.resolve(None)


async def test_no_other_name_is_passed_on_where_it_is_declared_what_an_upstream_without_a_list_serves() -> None:
    async with run_upstream("--models-status", "404") as upstream:
        backend = OpenAICompatibleBackend(base_url=upstream.base_url)
        declared = {"mine": ServedModel(Model("mine", "openai"), backend, "theirs")}
        async with closing(Catalog([backend], declared=declared, closed={backend})) as catalog:
            assert (await catalog.resolve("mine")).upstream_name == "theirs"
            with pytest.raises(ModelNotFound, match="anything"):
                await catalog.resolve("anything")


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


async def test_what_an_upstream_listed_before_it_died_is_still_its_own_and_fails_as_it_does() -> None:
    clock = Clock()
    async with run_upstream() as upstream, catalog_of(upstream, clock=clock) as catalog:
        await catalog.list()
        await upstream.close()
        clock.now += FRESH_SECONDS + 1
        async with asyncio.timeout(5):
            while "upstream" in await ids(catalog):
                await asyncio.sleep(0.01)
        served = await catalog.resolve("upstream")
        failure = (await hear(served.backend, asking("hello"))).failure
        assert failure is not None
        assert failure.fault is BackendFault.UNAVAILABLE
        with pytest.raises(ModelNotFound):
            await catalog.resolve("upstraem")
        assert (await catalog.resolve(None)).model.id == "upstream", "prompts went to another backend unasked"


async def test_prompts_without_a_model_do_not_go_elsewhere_because_the_first_backend_is_down() -> None:
    async with run_upstream("--models-status", "500") as upstream, catalog_of(upstream) as catalog:
        with pytest.raises(BadInput, match="PARLEY_DEFAULT_MODEL"):
            await catalog.resolve(None)


async def test_a_dead_upstream_hides_what_was_declared_of_it_and_the_aliases_too() -> None:
    async with run_upstream("--models-status", "500") as upstream:
        backend, demo = OpenAICompatibleBackend(base_url=upstream.base_url), DemoBackend()
        declared = {
            "far": ServedModel(Model("far", "openai"), backend, "upstream"),
            "near": ServedModel(Model("near", "demo"), demo, "demo"),
        }
        catalog = Catalog([backend, demo], declared=declared, aliases={"f": "far", "n": "near"}, default="f")
        async with closing(catalog):
            assert await ids(catalog) == ["near", "demo", "demo-fast", "n"]
            assert (await catalog.resolve("f")).backend is backend


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


async def test_a_declared_model_is_served_and_listed_by_the_name_it_was_given() -> None:
    demo = DemoBackend()
    mine = ServedModel(Model("mine", "demo", 8192), demo, "demo-fast")
    catalog = Catalog([demo], declared={"mine": mine})
    assert await catalog.resolve("mine") == mine
    assert (await catalog.list())[0] == Model("mine", "demo", context_window=8192)
    assert await ids(catalog) == ["mine", "demo", "demo-fast"]


async def test_a_backend_that_is_not_asked_for_its_models_serves_what_is_declared_of_it() -> None:
    declared = {"mine": ServedModel(Model("mine", "demo"), DemoBackend(), "demo-fast")}
    catalog = Catalog([], declared=declared)
    assert await ids(catalog) == ["mine"]
    with pytest.raises(ModelNotFound):
        await catalog.resolve("demo-fast")


async def test_an_alias_is_listed_with_its_model_and_answered_by_that_model() -> None:
    demo = DemoBackend()
    declared = {"mine": ServedModel(Model("mine", "demo", 8192), demo, "demo-fast")}
    catalog = Catalog([demo], declared=declared, aliases={"latest": "mine", "quick": "demo-fast"})
    assert await catalog.list() == (
        Model("mine", "demo", 8192),
        Model("demo", "demo"),
        Model("demo-fast", "demo"),
        Model("latest", "demo", 8192, alias_of="mine"),
        Model("quick", "demo", alias_of="demo-fast"),
    )
    assert await catalog.resolve("latest") == declared["mine"]
    assert (await catalog.resolve("quick")).model == Model("demo-fast", "demo")


@pytest.mark.parametrize("name", [None, "default"])
async def test_none_and_default_are_the_default_model(name: str | None) -> None:
    assert (await Catalog([DemoBackend()]).resolve(name)).model.id == "demo"
    assert (await Catalog([DemoBackend()], default="demo-fast").resolve(name)).model.id == "demo-fast"
    by_alias = Catalog([DemoBackend()], aliases={"best": "demo-fast"}, default="best")
    assert (await by_alias.resolve(name)).model.id == "demo-fast"


async def test_default_is_a_name_like_any_other_where_it_is_declared() -> None:
    demo = DemoBackend()
    served = ServedModel(Model("default", "demo"), demo, "demo")
    assert await Catalog([demo], declared={"default": served}, default="demo-fast").resolve("default") == served
    aliased = Catalog([demo], aliases={"default": "demo"}, default="demo-fast")
    assert (await aliased.resolve("default")).model.id == "demo"


@pytest.mark.parametrize("default", ["demo-fast", "best"])
async def test_the_default_model_is_listed_first(default: str) -> None:
    catalog = Catalog([DemoBackend()], aliases={"best": "demo"}, default=default)
    assert (await ids(catalog))[0] == default
    assert sorted(await ids(catalog)) == ["best", "demo", "demo-fast"]


async def test_stored_replies_are_models_that_are_not_listed_and_of_which_nobody_is_asked() -> None:
    replay = DemoBackend(name="replay")
    reply = f"replay:{to_text(MESSAGE, new_message_id())}"
    async with run_upstream() as upstream:
        backend = OpenAICompatibleBackend(base_url=upstream.base_url)
        async with closing(Catalog([backend], aliases={"again": reply}, replay=replay)) as catalog:
            for name in (reply, "again"):
                assert await catalog.resolve(name) == ServedModel(Model(reply, "replay"), replay, reply)
            with pytest.raises(ModelNotFound, match="replay:nonsense"):
                await catalog.resolve("replay:nonsense")
            assert (await upstream.state())["models_requests"] == 0
            assert await ids(catalog) == ["upstream", "upstream-2"]


async def test_where_two_serve_the_same_name_the_first_one_does() -> None:
    first, second = DemoBackend(), DemoBackend()
    catalog = Catalog([first, second])
    assert await ids(catalog) == ["demo", "demo-fast"]
    assert (await catalog.resolve("demo")).backend is first
