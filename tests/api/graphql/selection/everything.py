"""A schema with every kind of field and type there is to complete, the resolvers of which write down each call."""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, NewType, cast

import strawberry
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from app.api.graphql.scalars import SCALARS as APP_SCALARS


@dataclass
class Seen:
    """What the resolvers of one execution find, and what they were asked.

    Args:
        value: of every root field, or the events of a subscription.
    """

    value: Any
    calls: deque[object] = field(default_factory=lambda: deque(maxlen=10_000))

    def call(self, info: Info) -> None:
        raw = info._raw_info
        nodes = [each.loc.start for each in raw.field_nodes if each.loc]
        self.calls.append((raw.path.as_list(), raw.parent_type.name, str(raw.return_type), nodes, raw.variable_values))


Info = strawberry.Info[Seen, None]


Written = NewType("Written", object)
"""A scalar that makes something of anything, and nothing of an empty text."""

SCALARS: dict[object, ScalarDefinition] = {
    **APP_SCALARS,
    Written: strawberry.scalar(name="Written", serialize=lambda value: None if value == "" else str(value)),
}


@strawberry.enum
class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Broken(Exception):
    pass


@strawberry.interface
class Thing:
    id: strawberry.ID
    title: str | None


@strawberry.type
class Part:
    """Nothing but attributes, and no interface."""

    name: str
    size: int | None


@strawberry.type
class Plain(Thing):
    """Nothing but attributes."""

    part: Part
    parts: list[Part | None] | None
    whole: Thing | None


@strawberry.type
class Rich(Thing):
    number: int
    maybe_number: int | None
    ratio: float
    flag: bool
    colour: Colour
    maybe_colour: Colour | None
    at: datetime
    document: JSON
    maybe_document: JSON | None
    written: Written
    numbers: list[int]
    grid: list[list[int | None] | None]
    part: Part
    maybe_part: Part | None
    parts: list[Part]
    plain: Plain | None
    things: list[Thing]
    inner: Annotated[Rich, strawberry.lazy("tests.api.graphql.selection.everything")] | None
    inners: list[Annotated[Rich, strawberry.lazy("tests.api.graphql.selection.everything")] | None]

    @strawberry.field
    def said(self, info: Info, times: int = 1) -> str:
        info.context.call(info)
        return str(self.title) * times

    @strawberry.field
    async def said_later(self, info: Info, times: int | None = 2) -> str | None:
        info.context.call(info)
        await asyncio.sleep(0)
        return None if times is None else str(self.title) * times

    @strawberry.field
    def breaks(self, info: Info) -> str | None:
        info.context.call(info)
        raise Broken("at once")

    @strawberry.field
    async def breaks_later(self, info: Info) -> int:
        info.context.call(info)
        if self.title == "whole":
            return 1
        raise Broken("later")

    @strawberry.field
    async def loaded(
        self, info: Info
    ) -> list[Annotated[Rich, strawberry.lazy("tests.api.graphql.selection.everything")]]:
        info.context.call(info)
        await asyncio.sleep(0)
        return self.inners  # type: ignore[return-value]  # None among them is for graphql-core to complain of

    @strawberry.field
    def loaded_part(self, info: Info) -> Part | None:
        info.context.call(info)
        return self.maybe_part

    @strawberry.field
    async def loaded_thing(self, info: Info) -> Thing | None:
        info.context.call(info)
        return self.things[0] if self.things else None


def _found(info: Info) -> Rich:
    """Said to be right, whatever it is."""
    info.context.call(info)
    return cast("Rich", info.context.value)


@strawberry.type
class Query:
    @strawberry.field
    async def rich(self, info: Info) -> Rich | None:
        return _found(info)

    @strawberry.field
    def thing(self, info: Info) -> Thing | None:
        return _found(info)

    @strawberry.field
    async def riches(self, info: Info) -> list[Rich | None] | None:
        return [_found(info)] * 2

    @strawberry.field
    def things(self, info: Info) -> list[Thing]:
        return [_found(info)] * 2


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def change(self, info: Info) -> Rich:
        await asyncio.sleep(0)
        return _found(info)

    @strawberry.mutation
    def change_at_once(self, info: Info) -> Thing | None:
        return _found(info)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def thing(self, info: Info) -> AsyncGenerator[Thing, None]:
        for each in (info.context.value, None, info.context.value):
            yield each  # type: ignore[misc]  # as it may go wrong

    @strawberry.subscription
    async def each(self, info: Info) -> AsyncGenerator[Thing | None, None]:
        """Of the value, where that is a source of events itself."""
        if isinstance(info.context.value, AsyncGenerator):
            async for each in info.context.value:
                yield each
        else:
            yield info.context.value

    @strawberry.subscription
    async def riches(self, info: Info) -> AsyncGenerator[list[Rich | None] | None, None]:
        yield [info.context.value]
        yield None


SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Plain, Rich],
    config=StrawberryConfig(scalar_map=SCALARS),
)
