from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Iterator
from typing import Any, ClassVar

import pytest
import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.extensions.context import StreamResultContextManager
from strawberry.types import ExecutionContext, ExecutionResult

from app.api.graphql.extensions_runner import LeanExtensionsRunner


@strawberry.type
class Query:
    a: int = 1


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def numbers(self) -> AsyncGenerator[int, None]:
        for each in range(3):
            yield each


class Silent(SchemaExtension):
    def on_operation(self) -> Iterator[None]:
        yield


class Changes(SchemaExtension):
    def on_stream_result(self, result: Any) -> Iterator[None]:
        result.data["numbers"] += 10
        yield


class Adds(SchemaExtension):
    def get_results(self) -> dict[str, Any]:
        return {"more": True}


class AddsByContext(SchemaExtension):
    def on_operation(self) -> Iterator[None]:
        self.execution_context.extensions_results["other"] = True
        yield


class Schema(strawberry.Schema):
    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> LeanExtensionsRunner:
        return LeanExtensionsRunner(execution_context, extensions)


async def results(*extensions: type[SchemaExtension]) -> list[tuple[int, dict[str, Any] | None]]:
    schema = Schema(query=Query, subscription=Subscription, extensions=list(extensions))
    found = []
    async for each in await schema.stream("subscription { numbers }"):
        assert isinstance(each, ExecutionResult)
        assert each.data
        found.append((each.data["numbers"], each.extensions))
    return found


@pytest.mark.parametrize(
    ("extensions", "first", "more"),
    [
        ([], 0, {}),
        ([Silent], 0, {}),
        ([Silent, Changes], 10, {}),
        ([Silent, Adds], 0, {"more": True}),
        ([AddsByContext], 0, {"other": True}),
        ([Changes, Adds, AddsByContext], 10, {"more": True, "other": True}),
    ],
)
async def test_extensions_change_every_response_and_add_to_the_first(
    extensions: list[type[SchemaExtension]], first: int, more: dict[str, Any]
) -> None:
    assert await results(*extensions) == [(first, more), (first + 1, {}), (first + 2, {})]


async def test_nothing_is_done_per_event_for_extensions_that_want_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    own = StreamResultContextManager.__init__

    def counted(self: StreamResultContextManager, *arguments: Any) -> None:
        made.append(self)
        own(self, *arguments)

    monkeypatch.setattr(StreamResultContextManager, "__init__", counted)
    await results(Silent)
    assert not made
    await results(Changes)
    assert len(made) == 3


class Writes(SchemaExtension):
    """Its hooks are of every kind."""

    written: ClassVar[list[str]] = []

    def on_parse(self) -> None:  # type: ignore[override]
        self.written.append("parse")

    async def on_validate(self) -> None:  # type: ignore[override]
        self.written.append("validate")

    async def on_execute(self) -> AsyncGenerator[None, None]:
        self.written.append("execute")
        yield
        self.written.append("executed")


class WritesMore(Writes):
    def on_validate(self) -> Generator[None, None, None]:  # type: ignore[override]
        self.written.append("validate more")
        yield
        self.written.append("validated more")


async def test_hooks_of_every_kind_are_called_at_their_stages_in_their_order() -> None:
    for extensions, validation in (
        ([Writes], ["validate"]),
        ([Writes, WritesMore], ["validate", "validate more", "validated more"]),
    ):
        Writes.written.clear()
        await results(*extensions)
        each, twice = len(extensions), extensions[1:]
        assert Writes.written == [*["parse"] * each, *validation, *["execute"] * each, *["executed"] * each]
        assert bool(twice) == ("validated more" in Writes.written)


async def test_what_a_hook_raises_ends_the_operation() -> None:
    class Refuses(SchemaExtension):
        def on_validate(self) -> None:  # type: ignore[override]
            raise ValueError("not this one")

    schema = Schema(query=Query, extensions=[Refuses])
    found = await schema.execute("{ a }")
    assert [each.message for each in found.errors or ()] == ["not this one"]
