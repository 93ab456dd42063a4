from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

import pytest
import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from app.api.graphql.executor import CompilingExecutor
from app.api.graphql.selection.plain import NotPlain, attribute_of, class_of, implementing_class, is_event
from tests.api.graphql.selection.execution import ORDINARY, run

Item = TypeVar("Item")


CALLS: list[str] = []


class Twice(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: strawberry.Info, **arguments: Any) -> Any:
        return 2 * next_(source, info, **arguments)


class Nobody(BasePermission):
    message = "nobody may"

    def has_permission(self, source: Any, info: strawberry.Info, **arguments: Any) -> bool:
        return False


@strawberry.interface
class Named:
    name: str


@strawberry.interface
class Chosen:
    name: str

    @classmethod
    def resolve_type(cls, *_: object) -> str:
        return "Second"


@strawberry.type(name="First")
class First(Named):
    name: str
    snake_case: int = 1
    renamed: int = strawberry.field(default=2, name="other")
    twice: int = strawberry.field(default=3, extensions=[Twice()])
    forbidden: int | None = strawberry.field(default=4, permission_classes=[Nobody])

    @strawberry.field
    def resolved(self) -> int:
        return 5

    @strawberry.field(extensions=[Twice()])
    def resolved_twice(self) -> int:
        return 5

    @strawberry.field(permission_classes=[Nobody])
    def resolved_for_nobody(self) -> int | None:
        return 5

    @strawberry.field
    def unannounced(self, info: strawberry.Info) -> int:
        """It might change something."""
        CALLS.append("unannounced")
        return len(CALLS)


@strawberry.type
class Second(Named, Chosen):
    name: str


@strawberry.type
class Loose:
    name: str

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        return isinstance(value, Named)


@strawberry.type
class Box(Generic[Item]):
    item: Item


@strawberry.type
class Query:
    first: First
    named: Named
    chosen: Chosen
    loose: Loose
    box: Box[int]
    either: Annotated[First | Second, strawberry.union("Either")]


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> Any:
        yield 1


SCHEMA = strawberry.Schema(query=Query, types=[First, Second])._schema
QUERY = Query(
    first=First(name="one"),
    named=Second(name="two"),
    chosen=Second(name="three"),
    loose=First(name="four"),  # type: ignore[arg-type]
    box=Box(item=1),
    either=First(name="five"),
)


def object_type(name: str) -> GraphQLObjectType:
    found = SCHEMA.type_map[name]
    assert isinstance(found, GraphQLObjectType)
    return found


def interface(name: str) -> GraphQLInterfaceType:
    found = SCHEMA.type_map[name]
    assert isinstance(found, GraphQLInterfaceType)
    return found


@pytest.mark.parametrize(("field", "attribute"), [("name", "name"), ("snakeCase", "snake_case"), ("other", "renamed")])
def test_a_field_without_a_resolver_is_an_attribute(field: str, attribute: str) -> None:
    assert attribute_of(object_type("First").fields[field]) == attribute


@pytest.mark.parametrize("field", ["twice", "forbidden", "resolved"])
def test_a_field_is_none_with_a_resolver_an_extension_or_a_permission(field: str) -> None:
    with pytest.raises(NotPlain):
        attribute_of(object_type("First").fields[field])


def test_a_field_is_none_where_the_schema_reads_attributes_in_its_own_way() -> None:
    @strawberry.type
    class Own:
        name: str

    config = StrawberryConfig(default_resolver=lambda source, name: f"{name} of {source}")
    query = strawberry.Schema(query=Own, config=config)._schema.query_type
    assert query
    with pytest.raises(NotPlain):
        attribute_of(query.fields["name"])


def test_nor_where_somebody_has_put_a_resolver_in_place_of_strawberrys() -> None:
    query = strawberry.Schema(query=Loose)._schema.query_type
    assert query
    own = query.fields["name"].resolve
    query.fields["name"].resolve = lambda source, info: own(source, info).upper() if own else None
    with pytest.raises(NotPlain):
        attribute_of(query.fields["name"])


def test_nor_where_strawberry_did_not_make_it() -> None:
    query = build_schema("type Query { name: String }").query_type
    assert query
    with pytest.raises(NotPlain):
        attribute_of(query.fields["name"])
    with pytest.raises(NotPlain):
        class_of(query)
    assert not is_event(query.fields["name"])


def test_a_type_is_the_class_that_it_was_made_from() -> None:
    assert class_of(object_type("First")) is First
    assert implementing_class(interface("Named"), object_type("Second")) is Second


@pytest.mark.parametrize("name", ["Loose", "IntBox"])
def test_a_type_is_no_class_where_others_may_be_of_it(name: str) -> None:
    with pytest.raises(NotPlain):
        class_of(object_type(name))


def test_an_interface_that_chooses_by_itself_is_asked() -> None:
    with pytest.raises(NotPlain):
        implementing_class(interface("Chosen"), object_type("Second"))


def test_a_class_that_is_not_derived_from_the_interface_is_looked_for_by_strawberry() -> None:
    with pytest.raises(NotPlain):
        implementing_class(interface("Named"), object_type("Query"))


@pytest.mark.parametrize(
    ("document", "executed"),
    [
        ("{ first { name snakeCase other } }", {"Query.first"}),
        ("{ named { name } }", {"Query.named"}),
        ("{ first { name twice } }", {"Query.first", "First.twice"}),
        ("{ first { name forbidden } }", {"Query.first", "First.forbidden"}),
        ("{ first { name resolved } }", {"Query.first"}),
        ("{ first { name resolvedTwice } }", {"Query.first", "First.resolvedTwice"}),
        ("{ first { name resolvedForNobody } }", {"Query.first", "First.resolvedForNobody"}),
        ("{ chosen { __typename name } }", {"Query.chosen"}),
        ("{ loose { __typename name } }", {"Query.loose", "Loose.__typename", "Loose.name"}),
        ("{ box { item } }", {"Query.box", "IntBox.item"}),
        ("{ either { ... on First { name } ... on Second { name } } }", {"Query.either"}),
    ],
)
async def test_what_is_not_plain_is_executed(document: str, executed: set[str]) -> None:
    ordinary = await run(ORDINARY, SCHEMA, document, None, root_value=QUERY)
    found = await run(CompilingExecutor, SCHEMA, document, None, root_value=QUERY)
    assert found.results == ordinary.results
    assert set(found.executed) == executed


async def test_a_resolver_that_does_not_say_that_it_is_foreseen_is_called_once() -> None:
    CALLS.clear()
    found = await run(CompilingExecutor, SCHEMA, "{ first { name unannounced } }", None, root_value=QUERY)
    assert found.results == [('{"first": {"name": "one", "unannounced": 1}}', [])]


async def test_a_resolver_that_somebody_has_put_in_place_of_another_is_called() -> None:
    schema = strawberry.Schema(query=Query, types=[First, Second])._schema
    type = schema.type_map["First"]
    assert isinstance(type, GraphQLObjectType)
    type.fields["resolved"].resolve = lambda _source, _info: 6
    found = await run(CompilingExecutor, schema, "{ first { name resolved } }", None, root_value=QUERY)
    assert found.results == [('{"first": {"name": "one", "resolved": 6}}', [])]
