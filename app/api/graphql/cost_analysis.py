"""Static cost analysis: from a document that is valid to a plan of what each of its operations costs.

A fragment counts wherever it is spread, and a field wherever it is selected, merged with its like or not; of an
interface the selections of all types are added. So it is never less than the executor has to do, and may be more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias, cast

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NamedTypeNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.language import BooleanValueNode

from app.api.graphql.cost import INTROSPECTION_COST, Assumed, Cost, Enclosing, Sliced, cost_of
from app.api.graphql.cost_plan import (
    NOTHING,
    CostPlan,
    Price,
    Priced,
    Request,
    Selections,
    Slice,
    Spread,
    Term,
    Unless,
    VariableValue,
)
from app.api.graphql.introspection import META_FIELDS

MOST_DIGITS_OF_INT: Final = len("-2147483648")

Excluding: TypeAlias = tuple[tuple[str, bool], ...]


class CostAnalysis:
    """Of one document. Each fragment is analysed once."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._definitions = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._spreads: dict[str, Term] = {}
        self._fragments: list[Selections] = []

    def plan(self, operation: OperationDefinitionNode) -> CostPlan:
        """Raises:
        RecursionError: fragments spread fragments in too long a chain.
        """
        selections = self._selections(operation.selection_set, self._schema.get_root_type(operation.operation))
        defaults = {
            each.variable.name.value: _value(each.default_value, ())
            for each in operation.variable_definitions or ()
            if each.default_value
        }
        return CostPlan(selections, tuple(self._fragments), defaults)

    def _selections(self, selected: SelectionSetNode | None, parent: GraphQLCompositeType | None) -> Selections:
        return Selections.of(list(self._terms(selected, parent, ())))

    def _terms(
        self, selected: SelectionSetNode | None, parent: GraphQLCompositeType | None, outer: Excluding
    ) -> Iterator[Term]:
        """Conditions go down to the fields, so that a plan is never nested deeper than fields are."""
        for each in selected.selections if selected else ():
            own = _excluding(each)
            if own is None:
                continue
            if isinstance(each, InlineFragmentNode):
                condition = each.type_condition
                yield from self._terms(each.selection_set, self._type(condition) if condition else parent, outer + own)
            else:
                term = self._field(each, parent) if isinstance(each, FieldNode) else self._spread(each)
                yield Unless(outer + own, term) if outer + own else term

    def _field(self, node: FieldNode, parent: GraphQLCompositeType | None) -> Term:
        name = node.name.value
        if name in META_FIELDS:
            return Price(INTROSPECTION_COST, 0)
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) or name not in parent.fields:
            return NOTHING  # __typename
        field = parent.fields[name]
        below = self._selections(node.selection_set, cast("GraphQLCompositeType", get_named_type(field.type)))
        cost = cost_of(field)
        priced = Priced(cost, is_list_type(get_nullable_type(field.type)), _items(cost, node), below)
        return priced.price(Request({})) if priced.is_known else priced

    def _spread(self, node: SelectionNode) -> Term:
        name = cast("FragmentSpreadNode", node).name.value
        if name not in self._spreads:
            fragment = self._definitions[name]
            selections = self._selections(fragment.selection_set, self._type(fragment.type_condition))
            if selections.terms:
                self._fragments.append(selections)
            last = len(self._fragments) - 1
            self._spreads[name] = Spread(last) if selections.terms else selections.constant
        return self._spreads[name]

    def _type(self, condition: NamedTypeNode) -> GraphQLCompositeType:
        return cast("GraphQLCompositeType", self._schema.get_type(condition.name.value))


def _excluding(selection: SelectionNode) -> Excluding | None:
    """The values of variables that exclude it; None where it is never included."""
    found: list[tuple[str, bool]] = []
    for each in selection.directives or ():
        excluding_value = {"skip": True, "include": False}.get(each.name.value)
        if excluding_value is None:
            continue
        match _condition(each):
            case VariableNode(name=name):
                found.append((name.value, excluding_value))
            case BooleanValueNode(value=value) if value is excluding_value:
                return None
    return tuple(found)


def _condition(directive: DirectiveNode) -> ValueNode:
    return next(each.value for each in directive.arguments or () if each.name.value == "if")


def _items(cost: Cost, node: FieldNode) -> int | Slice | None:
    match cost.size:
        case Assumed(items):
            return items
        case Sliced() as sliced:
            given = {each.name.value: each.value for each in node.arguments or ()}
            paths = (tuple(each.split(".")) for each in sliced.arguments)
            return Slice(sliced, tuple(_value(given.get(path[0]), path[1:]) for path in paths))
        case Enclosing.PAGE:
            return None
    return 1


def _value(node: ValueNode | None, path: tuple[str, ...]) -> object:
    """What stands at the end of a path into an argument, as JSON has it, or the variable in which that is."""
    match node:
        case VariableNode(name=name):
            return VariableValue(name.value, path)
        case ObjectValueNode(fields=fields) if path:
            inner = next((each.value for each in fields if each.name.value == path[0]), None)
            return _value(inner, path[1:])
        case ObjectValueNode(fields=fields):
            return {each.name.value: _value(each.value, ()) for each in fields}
        case ListValueNode(values=values):
            return list(values)
        case BooleanValueNode(value=value):
            return value
        case IntValueNode(value=value) if len(value) <= MOST_DIGITS_OF_INT:
            return int(value)
        case None | NullValueNode():
            return None
    return node  # of a type that nothing is counted by
