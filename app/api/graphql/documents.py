"""Query documents: parsed and validated once, kept for the next time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    parse,
    recommended_rules,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension

from app.api.graphql.complexity import MaxAliasesRule, MaxDepthRule
from app.api.graphql.errors import PARSE_FAILED, QUERY_TOO_COMPLEX, VALIDATION_FAILED, with_code
from app.api.graphql.limits import CACHED_DOCUMENTS, MAX_CACHED_DOCUMENT_CHARACTERS, MAX_TOKENS

RULES = (*specified_rules, *recommended_rules, MaxDepthRule, MaxAliasesRule)


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    document: DocumentNode
    errors: tuple[GraphQLError, ...]


class CheckedDocuments(SchemaExtension):
    """Has the schema take documents from the cache."""

    _checked: CheckedDocument

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        self._checked = check_document(context.schema._schema, context.query or "")
        context.graphql_document = self._checked.document
        yield

    def on_validate(self) -> Iterator[None]:
        self.execution_context.pre_execution_errors = list(self._checked.errors)
        yield


def check_document(schema: GraphQLSchema, query: str) -> CheckedDocument:
    """The document, and what the rules have against it, each error with its code.

    Raises:
        GraphQLError: it cannot be parsed; with its code.
    """
    kept = len(query) <= MAX_CACHED_DOCUMENT_CHARACTERS
    return _check_and_keep(schema, query) if kept else _check(schema, query)


def _check(schema: GraphQLSchema, query: str) -> CheckedDocument:
    try:
        document = _parse(query)
        errors = validate(schema, document, RULES)
    except RecursionError:
        raise GraphQLError("The query is nested too deep.", extensions={"code": QUERY_TOO_COMPLEX}) from None
    return CheckedDocument(document, tuple(_with_own_code(each) for each in errors))


_check_and_keep = lru_cache(maxsize=CACHED_DOCUMENTS)(_check)


def _parse(query: str) -> DocumentNode:
    try:
        return parse(query, max_tokens=MAX_TOKENS)
    except GraphQLSyntaxError as error:
        # The parser has no other sign for having been told to stop.
        stopped = f"contains more than {MAX_TOKENS} tokens" in error.message
        raise with_code(error, QUERY_TOO_COMPLEX if stopped else PARSE_FAILED) from None


def _with_own_code(error: GraphQLError) -> GraphQLError:
    return error if error.extensions and "code" in error.extensions else with_code(error, VALIDATION_FAILED)
