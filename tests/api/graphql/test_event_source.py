from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, Executor, GraphQLError, parse, subscribe
from strawberry.extensions import SchemaExtension

from app.api.graphql.event_source import EventSource, Following
from app.api.graphql.executor import CompilingExecutor
from app.api.graphql.extensions_runner import LeanExtensionsRunner
from tests.api.graphql.selection.everything import SCHEMA as EVERYTHING
from tests.api.graphql.selection.everything import Rich
from tests.api.graphql.selection.execution import ORDINARY
from tests.api.graphql.selection.generated_values import wholly
from tests.api.graphql.selection.seen import Seen

DOCUMENT = parse("subscription { each { ... on Rich { number parts { name } } } }")

Response = tuple[Any, list[str]]


@dataclass
class FollowingSeen(Seen, Following):
    """A context whose subscription's source may be taken from."""


def too_large() -> Rich:
    """Which only graphql-core can say what is wrong with."""
    event = wholly()
    event.number = 2**31
    return event


async def responses(
    executor: type[Executor[Any]], events: AsyncGenerator[Rich], taken: Callable[[], None] = lambda: None
) -> list[Response]:
    """As app/api/graphql/operation.py has them.

    Args:
        taken: called for each that was taken from the source.
    """
    context = FollowingSeen(events, deque(maxlen=1))
    told = await subscribe(EVERYTHING._schema, DOCUMENT, context_value=context, executor_class=executor)  # type: ignore[misc]
    found: list[Response] = []
    try:
        async for each in told:
            found.append((each.data, [str(error) for error in each.errors or ()]))
            if context.events:
                async for data in context.events.completed():
                    found.append((data, []))
                    taken()
    except GraphQLError as error:
        found.append((None, [error.message]))
    except RuntimeError as error:
        found.append((None, [str(error)]))
    return found


GOOD, BAD, BREAKS = "good", "bad", "breaks"


async def source(kinds: str) -> AsyncGenerator[Rich]:
    for each in kinds.split():
        if each == BREAKS:
            raise RuntimeError("the source broke off")
        yield wholly() if each == GOOD else too_large()


@pytest.mark.parametrize(
    ("kinds", "taken"),
    [
        ("good", 0),
        ("good good good", 2),
        ("good bad", 0),
        ("bad good good", 2),
        ("good good bad bad good good bad good", 4),
        ("good good breaks", 1),
        ("good breaks", 0),
        ("bad breaks", 0),
    ],
)
async def test_responses_are_graphql_cores_however_many_events_are_taken_past_it(kinds: str, taken: int) -> None:
    count: list[None] = []
    ours = await responses(CompilingExecutor, source(kinds), lambda: count.append(None))
    assert ours == await responses(ORDINARY, source(kinds))
    assert len(ours) == len(kinds.split())
    assert len(count) == taken


async def test_to_close_graphql_cores_stream_closes_a_source_that_others_took_from() -> None:
    context = FollowingSeen(source("good " * 9), deque(maxlen=1))
    told = await subscribe(EVERYTHING._schema, DOCUMENT, context_value=context, executor_class=CompilingExecutor)  # type: ignore[misc]
    async with aclosing(told):
        assert isinstance(await anext(told), ExecutionResult)
        assert isinstance(context.events, EventSource)
        async with aclosing(context.events.completed()) as completed:
            await anext(completed)
    assert await anext(context.events, None) is None


@strawberry.type
class Query:
    a: int = 1


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def numbers(self) -> AsyncIterator[int]:
        for each in range(3):
            yield each


class Schema(strawberry.Schema):
    def create_extensions_runner(self, *given: Any) -> LeanExtensionsRunner:
        return LeanExtensionsRunner(*given)


class Hears(SchemaExtension):
    def on_stream_result(self, _result: Any) -> Iterator[None]:
        yield


@pytest.mark.parametrize(("extensions", "shared"), [([], True), ([Hears], False)])
async def test_an_extension_that_hears_of_each_response_hears_of_all(
    extensions: list[type[SchemaExtension]], shared: bool
) -> None:
    schema = Schema(Query, subscription=Subscription, extensions=extensions, execution_context_class=CompilingExecutor)
    context = Following()
    stream = await schema.stream("subscription { numbers }", context_value=context)
    async with aclosing(stream):
        await anext(stream)
        assert (context.events is not None) == shared
