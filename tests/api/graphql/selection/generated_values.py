"""Objects of the schema that has everything; some have something wrong with them."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from random import Random
from typing import Any

import strawberry

from tests.api.graphql.selection.everything import Colour, Part, Plain, Rich, Written
from tests.api.graphql.selection.seen import Broken

NOW = datetime(2026, 1, 31, 23, 59, 59, 123456, UTC)


class Later:
    """To be awaited, as often as wanted."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, None, object]:
        yield from ()
        return self.value


class Richer(Rich):
    """Of the type Rich, and not of its class."""


class Missing:
    """Stands for an attribute that is not there."""


WRONG: list[Any] = [
    None, 2**31, -(2**31) - 1, True, 7, "7", "", 1.0, 1.5, float("nan"), float("inf"), b"7", [], {}, (1, 2), [None],
    Broken("a value"), Later(7), Later("7"), Later(None), Later(Broken("later")), Colour.RED, "RED", "red",
    datetime(2026, 1, 1), NOW, object, Missing, strawberry.UNSET, {"numbers": 1}, range(3),
]  # fmt: skip


def wholly(title: str = "whole", inner: Rich | None = None) -> Rich:
    """One with nothing wrong."""
    part = Part(name="part", size=3)
    plain = Plain(id=strawberry.ID("plain"), title=None, part=part, parts=[part, None], whole=None)
    return Rich(
        id=strawberry.ID("rich"),
        title=title,
        number=-(2**31),
        maybe_number=2**31 - 1,
        ratio=1e300,
        flag=False,
        colour=Colour.GREEN,
        maybe_colour=None,
        at=NOW,
        document=strawberry.scalars.JSON({"a": [1, None, {"b": "é\u2028"}]}),
        maybe_document=None,
        written=Written(7),
        numbers=[1, 2, 3],
        grid=[[1, None], None, []],
        part=part,
        maybe_part=None,
        parts=[part, part],
        plain=plain,
        things=[plain, *([inner] if inner else [])],
        inner=inner,
        inners=[inner] if inner else [],
    )


def any_rich(random: Random, wrong: int = 2, depth: int = 2) -> Rich:
    """Args:
    wrong: at most so many attributes of each object.
    """
    inner = any_rich(random, wrong, depth - 1) if depth and random.random() < 0.6 else None
    made = wholly(random.choice(["whole", "other"]), inner)
    if random.random() < 0.1:
        made.__class__ = Richer
    for target in (made, made.part, made.plain):
        for _ in range(random.randint(0, wrong)):
            if attributes := sorted(vars(target)):
                spoil(target, random.choice(attributes), random.choice(WRONG), within=random.random() < 0.5)
    return made


def spoil(target: object, attribute: str, value: object, *, within: bool = False) -> None:
    """Args:
    within: put in among the items of a list, in place of the list.
    """
    old = getattr(target, attribute)
    if value is Missing:
        delattr(target, attribute)
    elif within and isinstance(old, list):
        setattr(target, attribute, [*old, value, *old])
    else:
        setattr(target, attribute, value)
