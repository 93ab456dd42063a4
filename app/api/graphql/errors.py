"""What a GraphQL client is told when something goes wrong: a message written for it, and `extensions.code`."""

from __future__ import annotations

import logging
import math
import re
from typing import Any, Final

from graphql import GraphQLError, GraphQLSyntaxError, ValueNode
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from app.api.errors import INTERNAL_MESSAGE
from app.chat import unforeseen
from app.chat.errors import BadInput, ChatError, Code, ConversationBusy, RateLimited
from app.chat.identifiers import MESSAGE, to_text

logger = logging.getLogger("parley.api")

PARSE_FAILED: Final = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED: Final = "GRAPHQL_VALIDATION_FAILED"
QUERY_TOO_COMPLEX: Final = "QUERY_TOO_COMPLEX"
INTROSPECTION_DISABLED: Final = "INTROSPECTION_DISABLED"
PERSISTED_QUERY_NOT_FOUND: Final = "PERSISTED_QUERY_NOT_FOUND"
PERSISTED_QUERY_NOT_IN_LIST: Final = "PERSISTED_QUERY_NOT_IN_LIST"

_SNAKE = re.compile("_([a-z0-9])")


def present(error: GraphQLError) -> GraphQLError:
    """The error as the client sees it; one that nobody foresaw goes into the log with its traceback.

    Made once per error and idempotent: an error that has a code is left as it is.
    """
    if error.extensions and "code" in error.extensions:
        return error
    cause = _cause(error)
    match cause:
        case ChatError():
            return _located(error, *describe(cause))
        case GraphQLSyntaxError():
            return _located(error, cause.message, {"code": PARSE_FAILED})
        case CannotGetOperationTypeError() | InvalidOperationTypeError():
            return _located(error, error.message, {"code": Code.BAD_USER_INPUT.value})
        case GraphQLError() if _is_of_the_request(error, cause):
            return _located(error, cause.message, {"code": Code.BAD_USER_INPUT.value})
        case _:
            return _located(error, INTERNAL_MESSAGE, {"code": Code.INTERNAL.value, "errorId": report(cause)})


def too_complex(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": QUERY_TOO_COMPLEX})


def with_code(error: GraphQLError, code: str) -> GraphQLError:
    return _located(error, error.message, {"code": code})


def describe(error: ChatError) -> tuple[str, dict[str, Any]]:
    """The message and the extensions of an outcome of the domain's."""
    extensions: dict[str, Any] = {"code": error.code.value}
    if error.retryable:
        extensions["retryable"] = True
    match error:
        case BadInput():
            extensions["field"] = graphql_name(error.field)
            return f"{extensions['field']}: {error.problem}", extensions
        case ConversationBusy(active=active) if active is not None:
            extensions["activeMessageId"] = to_text(MESSAGE, active)
        case RateLimited():
            extensions["retryAfterSeconds"] = math.ceil(error.retry_after_seconds)
    return str(error), extensions


def report(error: BaseException) -> str:
    """Logs an unforeseen error; returns the id by which it is found in the log."""
    return unforeseen.report(error, logger)


def graphql_name(field: str) -> str:
    """A field of the domain's as the schema spells it; what is inside metadata is the client's own spelling."""
    own, dot, inner = field.partition(".")
    own = _SNAKE.sub(lambda match: match[1].upper(), own)
    return own + dot + (inner if own == "metadata" else _SNAKE.sub(lambda match: match[1].upper(), inner))


def _cause(error: GraphQLError) -> Exception:
    """The exception below all the locations that the executor wrapped around it."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _is_of_the_request(error: GraphQLError, cause: GraphQLError) -> bool:
    """Whether graphql-core refused what the client sent, and not what a resolver returned.

    A variable that cannot be coerced has no path. An argument that cannot be points at its own value; a result that
    cannot be completed points at the field, or nowhere.
    """
    return error.path is None or any(isinstance(each, ValueNode) for each in cause.nodes or ())


def _located(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(message, error.nodes, error.source, error.positions, error.path, extensions=extensions)
