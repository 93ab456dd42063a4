"""What an operation costs, as a sum with the variables left open: made once for a document, worked out per request.

Variables are taken as the client sent them. For every request that is executed they count as when they are coerced:
what is of a wrong type is never coerced, and so is not executed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias

from app.api.graphql.cost import Cost, Sliced

Variables: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Request:
    """Args:
    fragments: the prices of those that depend on variables, worked out once, however often they are spread.
    """

    variables: Variables
    fragments: list[Price] = field(default_factory=list)


class Term(Protocol):
    def price(self, request: Request) -> Price: ...


class Price(NamedTuple):
    """Of a selection: `fixed`, and `per_item` for each item of the page that it is selected of. A fragment can be
    spread on pages of different sizes.
    """

    fixed: int
    per_item: int

    def price(self, _request: Request) -> Price:
        return self


NOTHING = Price(0, 0)


@dataclass(frozen=True, slots=True)
class Selections:
    """Args:
    constant: the price of all that depends on no variable.
    """

    constant: Price
    terms: tuple[Term, ...] = ()

    @classmethod
    def of(cls, terms: list[Term]) -> Selections:
        known = [each for each in terms if isinstance(each, Price)]
        constant = Price(sum(each.fixed for each in known), sum(each.per_item for each in known))
        return cls(constant, tuple(each for each in terms if not isinstance(each, Price)))

    def price(self, request: Request) -> Price:
        fixed, per_item = self.constant
        for each in self.terms:
            more = each.price(request)
            fixed += more.fixed
            per_item += more.per_item
        return Price(fixed, per_item)


@dataclass(frozen=True, slots=True)
class Spread:
    """Args:
    fragment: its place among those of the plan.
    """

    fragment: int

    def price(self, request: Request) -> Price:
        return request.fragments[self.fragment]


@dataclass(frozen=True, slots=True)
class Unless:
    """What is left out where a variable has that value: @skip and @include."""

    excluding: tuple[tuple[str, bool], ...]
    term: Term

    def price(self, request: Request) -> Price:
        if any(request.variables.get(name) is value for name, value in self.excluding):
            return NOTHING
        return self.term.price(request)


@dataclass(frozen=True, slots=True)
class VariableValue:
    """Args:
    path: to the value within the variable, through input objects.
    """

    variable: str
    path: tuple[str, ...] = ()

    def of(self, variables: Variables) -> object:
        return within(variables.get(self.variable), self.path)


@dataclass(frozen=True, slots=True)
class Slice:
    """The size that the arguments of one field ask for.

    Args:
        values: of those that may say it; None for one that is not given.
    """

    sliced: Sliced
    values: tuple[object, ...]

    @property
    def is_known(self) -> bool:
        return not any(isinstance(each, VariableValue) for each in self.values)

    def items(self, request: Request) -> int:
        found = (each.of(request.variables) if isinstance(each, VariableValue) else each for each in self.values)
        return max((self._items(each) for each in found if each is not None), default=self.sliced.default)

    def _items(self, value: object) -> int:
        most = self.sliced.maximum
        match value:
            case bool():
                return most
            case int() | float() if 0 <= value <= most:
                return int(value)
            case list():
                return min(len(value), most)
            case dict():  # one item where a list is wanted: GraphQL specification, 3.11 (input coercion of lists)
                return 1
        return most


@dataclass(frozen=True, slots=True)
class Priced:
    """A field. `items` is None for one of the size PAGE."""

    cost: Cost
    is_list: bool
    items: int | Slice | None
    selections: Selections

    @property
    def is_known(self) -> bool:
        return not self.selections.terms and not (isinstance(self.items, Slice) and not self.items.is_known)

    def price(self, request: Request) -> Price:
        fixed, per_item = self.selections.price(request)
        if self.is_list:  # what is selected of it is so of every item, which is an object of its own
            fixed, per_item = 0, 1 + fixed + per_item
        if self.items is None:
            return Price(0, per_item)
        items = self.items.items(request) if isinstance(self.items, Slice) else self.items
        each = self.cost.each + per_item
        if self.cost.size is not None:  # they are read, whatever is selected of them
            each = max(each, 1)
        return Price(self.cost.weight + fixed + items * each, 0)


@dataclass(frozen=True, slots=True)
class CostPlan:
    """Args:
    fragments: those that depend on variables, each after those that it spreads.
    defaults: of the operation's variables.
    """

    selections: Selections
    fragments: tuple[Selections, ...] = ()
    defaults: Variables = field(default_factory=dict)

    def cost(self, variables: Variables | None) -> int:
        """Never negative, and never less than a request costs that is executed; there is no largest."""
        if not self.selections.terms:
            return sum(self.selections.constant)
        request = Request({**self.defaults, **(variables or {})})
        for each in self.fragments:
            request.fragments.append(each.price(request))
        return sum(self.selections.price(request))


def within(value: object, path: tuple[str, ...]) -> object:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
