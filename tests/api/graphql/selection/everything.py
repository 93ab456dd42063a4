"""A schema with every kind of field and type there is to complete, the resolvers of which write down each call."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated, NewType, cast

import strawberry
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from app.api.graphql.scalars import SCALARS as APP_SCALARS
from app.api.graphql.selection.foreseen import FORESEEN, Unknown
from tests.api.graphql.selection.seen import Broken, Info, Known

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


class Pigment(enum.Enum):
    OCHRE = 1
    UMBER = 2


@strawberry.enum
class Paint(enum.Enum):
    """Stands for another enum."""

    OCHRE = Pigment.OCHRE
    UMBER = Pigment.UMBER


@strawberry.enum
class Blend(enum.Enum):
    """Stands for one whose members have other names."""

    UMBER = Pigment.OCHRE
    OCHRE = Pigment.UMBER


@strawberry.input
class Marks:
    before: str = "<"
    after: list[str] | None = strawberry.UNSET


@strawberry.type
class Slotted:
    """Nothing can be added to it."""

    __slots__ = ("name",)

    name: str


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
    def shouted(self) -> str | None:
        """Computed from the object alone."""
        return None if self.title is None else f"{self.title.upper()}!"

    @strawberry.field
    def slotted(self) -> list[Slotted]:
        return [Slotted(name=str(each)) for each in self.numbers]

    @strawberry.field(graphql_type=Paint)
    def paint(self) -> Pigment:
        return Pigment.OCHRE if self.flag else Pigment.UMBER

    @strawberry.field(graphql_type=Blend)
    def blend(self) -> Pigment:
        return Pigment.OCHRE if self.flag else Pigment.UMBER

    @strawberry.field(metadata=FORESEEN)
    async def foreseen(
        self, info: Info, times: int | None = 1, colour: Colour | None = None, marks: Marks | None = strawberry.UNSET
    ) -> str:
        found = await info.context.find(self.title)
        after = marks.after if marks else ""
        return f"{marks and marks.before}{found * (times or 0)}{colour and colour.value}{after}"

    @strawberry.field(metadata=FORESEEN)
    async def foreseen_inner(
        self, info: Info, times: int | None = None
    ) -> list[Annotated[Rich, strawberry.lazy("tests.api.graphql.selection.everything")]]:
        await info.context.find(self.title)
        return list(self.inners) * (1 if times is None else times)  # type: ignore[return-value]  # None may be among them

    @strawberry.field(metadata=FORESEEN)
    def foreseen_at_once(self, info: Info) -> str | None:
        if isinstance(info.context, Known) and self.title != "whole":
            raise Unknown
        return self.title

    @strawberry.field(metadata=FORESEEN)
    async def never_foreseen(self, info: Info) -> str | None:
        """Waits, whatever it is told."""
        await asyncio.sleep(0)
        return self.title

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
