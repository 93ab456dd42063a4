"""The contract: an input object made by plan is the one that Strawberry makes."""

from __future__ import annotations

import enum
from random import Random
from typing import Any

import strawberry
from strawberry.types.arguments import convert_argument
from strawberry.types.base import get_object_definition

from app.api.graphql.planned_input import plan_inputs
from app.api.graphql.post_message_input import PostMessageInput
from app.api.graphql.schema import schema


@strawberry.enum
class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


@strawberry.input
class Inner:
    name: str
    size: int | None
    colour: Colour = Colour.GREEN


@strawberry.input
class Outer:
    snake_case: str
    renamed: int | None = strawberry.field(default=7, name="other")
    document: strawberry.scalars.JSON | None = strawberry.UNSET
    words: list[str] | None = strawberry.UNSET
    made: list[int] = strawberry.field(default_factory=lambda: [1, 2])
    inner: Inner | None = strawberry.UNSET
    inners: list[Inner | None] | None = None
    maybe: strawberry.Maybe[Inner | None] = None


@strawberry.type
class Query:
    @strawberry.field
    def shown(self, outer: Outer) -> str:
        return repr(outer)


def values(random: Random) -> dict[str, Any]:
    """As graphql-core gives them; what may be left out sometimes is, and what may be null is."""
    inner = {"name": "é", "size": random.choice([None, 3]), "colour": Colour.RED}
    if random.random() < 0.5:
        del inner["colour"]
    if random.random() < 0.5:
        del inner["size"]
    given: dict[str, list[Any]] = {
        "other": [None, 1],
        "document": [None, {"a": [1]}, []],
        "words": [None, [], ["a", "b"]],
        "made": [[], [3]],
        "inner": [None, inner],
        "inners": [None, [], [inner, None, inner]],
        "maybe": [None, inner],
    }
    chosen = {name: random.choice(each) for name, each in given.items() if random.random() < 0.6}
    return {"snakeCase": "x", **chosen}


def test_every_input_object_is_made_as_strawberry_does() -> None:
    own = strawberry.Schema(query=Query)
    random = Random("inputs")
    given = [values(random) for _ in range(300)]
    ordinary = [convert(own, each) for each in given]
    plan_inputs(own)
    definition = get_object_definition(Outer)
    assert definition
    assert definition.from_input
    for value, expected in zip(given, ordinary, strict=True):
        found = convert(own, value)
        assert found == expected
        assert (found.document is strawberry.UNSET) == ("document" not in value)
        assert found.words is None or found.words is not value.get("words")  # the same default may be given to many


def convert(own: strawberry.Schema, value: dict[str, Any]) -> Any:
    return convert_argument(value, Outer, own.schema_converter.scalar_registry, own.config)


def test_the_inputs_of_the_schema_are_made_by_plan() -> None:
    definition = get_object_definition(PostMessageInput)
    assert definition
    assert definition.from_input
    assert schema.schema_converter.type_map[definition.name].definition is definition


async def test_an_input_can_be_given_as_a_literal_and_by_variables() -> None:
    own = strawberry.Schema(query=Query)
    plan_inputs(own)
    document = """query ($inner: Inner, $words: [String!]) {
      shown(outer: {snakeCase: "x", inner: $inner, words: $words, inners: [{name: "y", colour: RED}]})
    }"""
    found = await own.execute(document, variable_values={"inner": {"name": "z"}, "words": ["a"]})
    assert found.data == {
        "shown": repr(
            Outer(
                snake_case="x",
                words=["a"],
                inner=Inner(name="z", size=None),
                inners=[Inner(name="y", size=None, colour=Colour.RED)],
            )
        )
    }
