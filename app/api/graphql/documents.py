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
    parse,
    recommended_rules,
    specified_rules,
    validate,
)

from app.api.graphql.complexity import MaxAliasesRule, MaxDepthRule
from app.api.graphql.cost_analysis import CostAnalysis
from app.api.graphql.cost_plan import CostPlan
from app.api.graphql.errors import PARSE_FAILED, QUERY_TOO_COMPLEX, VALIDATION_FAILED, with_code
from app.api.graphql.introspection import NoIntrospectionRule
from app.api.graphql.limits import CACHED_DOCUMENTS, MAX_CACHED_DOCUMENT_CHARACTERS, MAX_TOKENS
from app.chat.errors import Code

RULES = (*specified_rules, *recommended_rules, MaxDepthRule, MaxAliasesRule)


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """Args:
    errors: what the rules have against it.
    plans: what its operations cost, by their names; none if there are errors.
    """

    document: DocumentNode
    errors: tuple[GraphQLError, ...]
    plans: Mapping[str | None, CostPlan]

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
        GraphQLError: it cannot be parsed; with its code.
    """
    kept = len(query) <= MAX_CACHED_DOCUMENT_CHARACTERS
    return (_check_and_keep if kept else _check)(schema, query, introspection)


def _check(schema: GraphQLSchema, query: str, introspection: bool) -> CheckedDocument:
    try:
        document = _parse(query)
        rules = RULES if introspection else (*RULES, NoIntrospectionRule)
        errors = validate(schema, document, rules, hide_suggestions=not introspection)
        plans = {} if errors else _plans(schema, document)
    except RecursionError:
        raise GraphQLError("The query is nested too deep.", extensions={"code": QUERY_TOO_COMPLEX}) from None
    return CheckedDocument(document, tuple(_with_own_code(each) for each in errors), plans)


_check_and_keep = lru_cache(maxsize=CACHED_DOCUMENTS)(_check)


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
