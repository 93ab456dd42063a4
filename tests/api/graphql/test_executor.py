from __future__ import annotations

import gc
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest
from graphql import Executor, build_schema, parse, subscribe
from graphql.execution.incremental import IncrementalExecutor

from app.api.graphql.executor import CompilingExecutor, LeanExecutor
from tests.api.graphql.selection.everything import SCHEMA as EVERYTHING
from tests.api.graphql.selection.everything import Rich
from tests.api.graphql.selection.generated_values import wholly
from tests.api.graphql.selection.seen import Seen

EVENTS = 5_000

SCHEMA = build_schema(
    "type Query { a: Int } type Delta { seq: Int! text: String! } type Subscription { deltas: Delta! }"
)


async def deltas(_info: object) -> AsyncGenerator[dict[str, object]]:
    for seq in range(EVENTS):
        yield {"deltas": {"seq": seq, "text": "word"}}


async def objects_kept_per_event(events: object) -> float:
    """What the garbage collector counts more at the end of a subscription than soon after its start."""
    assert isinstance(events, AsyncIterator)
    seen = 0
    before = 0
    async for _ in events:
        seen += 1
        if seen == 100:
            gc.collect()
            before = len(gc.get_objects())
        if seen == EVENTS:
            gc.collect()
            return (len(gc.get_objects()) - before) / (EVENTS - 100)
    raise AssertionError("the subscription ended early")


def subscription(executor: type[Executor[Any]]) -> object:
    document = parse("subscription { deltas { seq text } }")
    return subscribe(SCHEMA, document, root_value={"deltas": deltas}, executor_class=executor)


@pytest.mark.parametrize("executor", [LeanExecutor, CompilingExecutor])
async def test_a_subscription_of_many_events_keeps_nothing_of_them(executor: type[Executor[Any]]) -> None:
    assert await objects_kept_per_event(subscription(executor)) < 0.05


@pytest.mark.parametrize("selection", ["number parts { name }", "number parts { name } said"])
async def test_nor_does_one_whose_events_are_of_every_kind(selection: str) -> None:
    """Some are completed by generated code; for some of them it comes to nothing, which graphql-core goes on from."""

    async def events() -> AsyncGenerator[Rich]:
        good, bad = wholly(), wholly()
        bad.number = 2**31
        for number in range(EVENTS):
            yield bad if number % 10 else good

    document = parse(f"subscription {{ each {{ ... on Rich {{ {selection} }} }} }}")
    told = subscribe(
        EVERYTHING._schema, document, context_value=Seen(events(), deque(maxlen=1)), executor_class=CompilingExecutor
    )
    assert await objects_kept_per_event(await told) < 0.05  # type: ignore[misc]


async def test_graphql_core_still_needs_the_mend() -> None:
    """When this fails, upstream has mended it, and LeanExecutor has lost its reason."""
    assert await objects_kept_per_event(subscription(IncrementalExecutor)) > 1
