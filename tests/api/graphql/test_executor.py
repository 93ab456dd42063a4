from __future__ import annotations

import gc
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from graphql import Executor, build_schema, parse, subscribe
from graphql.execution.incremental import IncrementalExecutor

from app.api.graphql.executor import LeanExecutor

EVENTS = 5_000

SCHEMA = build_schema(
    "type Query { a: Int } type Delta { seq: Int! text: String! } type Subscription { deltas: Delta! }"
)


async def deltas(_info: object) -> AsyncGenerator[dict[str, object]]:
    for seq in range(EVENTS):
        yield {"deltas": {"seq": seq, "text": "word"}}


async def objects_kept_per_event(executor: type[Executor[Any]]) -> float:
    """What the garbage collector counts more at the end of a subscription than soon after its start."""
    events = subscribe(
        SCHEMA,
        parse("subscription { deltas { seq text } }"),
        root_value={"deltas": deltas},
        executor_class=executor,
    )
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


async def test_a_subscription_of_many_events_keeps_nothing_of_them() -> None:
    assert await objects_kept_per_event(LeanExecutor) < 0.05


async def test_graphql_core_still_needs_the_mend() -> None:
    """When this fails, upstream has mended it, and LeanExecutor has lost its reason."""
    assert await objects_kept_per_event(IncrementalExecutor) > 1
