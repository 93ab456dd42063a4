"""Query documents: parsed, validated and priced once, kept for the next time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    parse,
    recommended_rules,
    specified_rules,
    validate,
)

from app.api.graphql.complexity import shape_error
from app.api.graphql.cost_analysis import CostAnalysis
from app.api.graphql.cost_plan import CostPlan
from app.api.graphql.errors import PARSE_FAILED, QUERY_TOO_COMPLEX, VALIDATION_FAILED, too_complex, with_code
from app.api.graphql.field_merging import MaxFieldComparisonsRule
from app.api.graphql.introspection import NoIntrospectionRule
from app.api.graphql.limits import (
    CACHED_DOCUMENTS,
    MAX_CACHED_DOCUMENT_CHARACTERS,
    MAX_DOCUMENT_CHARACTERS,
    MAX_TOKENS,
    MAX_VALIDATION_ERRORS,
)
from app.api.graphql.selected_parts import selected_parts
from app.chat.errors import Code
from app.chat.message_parts import MessageParts

RULES = tuple(
    MaxFieldComparisonsRule if each is OverlappingFieldsCanBeMergedRule else each
    for each in (*specified_rules, *recommended_rules)
)


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """Args:
    errors: what the rules have against it.
    plans: what its operations cost, by their names; none if there are errors.
    parts: of messages, that they ask for.
    """

    document: DocumentNode
    errors: tuple[GraphQLError, ...]
    plans: Mapping[str | None, CostPlan]
    parts: MessageParts

    def plan(self, operation_name: str | None) -> CostPlan:
        """Of the operation that is to be run: GraphQL specification, 6.1 (GetOperation).

        Raises:
            GraphQLError: there is none of that name, or several and no name.
        """
        if operation_name in self.plans:
            return self.plans[operation_name]
        if operation_name is not None:
            problem = f"Unknown operation named {operation_name!r}."
        elif len(self.plans) == 1:
            return next(iter(self.plans.values()))
        else:
            problem = "Must provide operation name if the document contains several operations."
        raise GraphQLError(problem, extensions={"code": Code.BAD_USER_INPUT.value})


def check_document(schema: GraphQLSchema, query: str, *, introspection: bool = True) -> CheckedDocument:
    """The document, and what the rules have against it, each error with its code.

    Args:
        introspection: whether it may ask for the schema. If not, no error says what else is in the schema, either.

    Raises:
        GraphQLError: it is too long, or cannot be parsed; with its code.
    """
    check_length(query)
    kept = len(query) <= MAX_CACHED_DOCUMENT_CHARACTERS
    return (_check_and_keep if kept else _check)(schema, query, introspection)


def check_length(query: str) -> None:
    """To be known before anything is made of the text, be it a hash.

    Raises:
        GraphQLError: it is too long; with its code.
    """
    if len(query) > MAX_DOCUMENT_CHARACTERS:
        raise too_complex(
            f"The query has {len(query):,} characters, the most is {MAX_DOCUMENT_CHARACTERS:,}: "
            "long texts belong in variables."
        )


def _check(schema: GraphQLSchema, query: str, introspection: bool) -> CheckedDocument:
    try:
        document = _parse(query)
        errors = _errors(schema, document, introspection)
        plans = {} if errors else _plans(schema, document)
        parts = MessageParts.WHOLE if errors else selected_parts(schema, document)
    except RecursionError:
        raise too_complex("The query is nested too deep.") from None
    return CheckedDocument(document, errors, plans, parts)


_check_and_keep = lru_cache(maxsize=CACHED_DOCUMENTS)(_check)


def _errors(schema: GraphQLSchema, document: DocumentNode, introspection: bool) -> tuple[GraphQLError, ...]:
    """One that is too complex is told that alone: what else is wrong with it takes too long to find out."""
    if refused := shape_error(document):
        return (refused,)
    rules = RULES if introspection else (*RULES, NoIntrospectionRule)
    limit = MAX_VALIDATION_ERRORS
    found = validate(schema, document, rules, max_errors=limit, hide_suggestions=not introspection)
    coded = tuple(_with_own_code(each) for each in found)
    return tuple(each for each in coded if (each.extensions or {})["code"] == QUERY_TOO_COMPLEX)[:1] or coded


def _plans(schema: GraphQLSchema, document: DocumentNode) -> dict[str | None, CostPlan]:
    analysis = CostAnalysis(schema, document)
    operations = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    return {each.name.value if each.name else None: analysis.plan(each) for each in operations}


def _parse(query: str) -> DocumentNode:
    try:
        return parse(query, max_tokens=MAX_TOKENS)
    except GraphQLSyntaxError as error:
        # The parser has no other sign for having been told to stop.
        stopped = f"contains more than {MAX_TOKENS} tokens" in error.message
        raise with_code(error, QUERY_TOO_COMPLEX if stopped else PARSE_FAILED) from None


def _with_own_code(error: GraphQLError) -> GraphQLError:
    return error if error.extensions and "code" in error.extensions else with_code(error, VALIDATION_FAILED)
