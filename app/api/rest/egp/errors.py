"""Errors as EGP tells them, which is as FastAPI does: `{"detail": …}`, a list of problems where the request is wrong.

What is told, and with which status, is as at OpenAI's endpoints; Parley's `code` is beside it, for programs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import orjson
from fastapi import Response
from pydantic import ValidationError

from app.api.rest.explaining_route import ExplainingRoute
from app.api.rest.lone_surrogate import PROBLEM, lone_surrogate
from app.api.rest.openai_errors import openai_error
from app.chat.errors import BadInput

INVALID: Final = "invalid_value"
UNSUPPORTED: Final = "unsupported_parameter"

MAX_PROBLEMS: Final = 20
"""Of a request, that are told at once."""

_TYPE_NAMES: Final = frozenset({"str", "list[TextPart]"})
"""Pydantic's names of the types that a content may have, which it puts into a field's path."""


@dataclass(frozen=True, slots=True)
class EgpError:
    """Args:
    detail: a sentence, or the problems of the request's fields, each with `loc`, `msg` and `type`.
    """

    status: int
    detail: str | Sequence[dict[str, Any]]
    code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        body = orjson.dumps({"detail": self.detail, "code": self.code})
        return Response(body, self.status, self.headers, "application/json")

    def event(self) -> bytes:
        """Named `error`, as Scale's SDKs expect it. It has no content for those to print who ask for nothing else:
        they fail loudly, and do not take half of an answer for the whole.
        """
        told = json.dumps({"detail": self.detail, "code": self.code})
        return f"event: error\ndata: {told}\n\n".encode()


class EgpRefused(Exception):
    """A request that is wrong in a way that only this edge knows of."""

    def __init__(self, error: EgpError) -> None:
        super().__init__(str(error.detail))
        self.error = error


def egp_error(error: Exception) -> EgpError:
    """What the caller is told; the text of an unexpected error stays in the log."""
    match error:
        case EgpRefused():
            return error.error
        case BadInput():
            return _invalid([{"loc": ["body", *_path(error.field)], "msg": error.problem, "type": INVALID}])
    told = openai_error(error)
    return EgpError(told.status, told.message, told.code, told.headers)


def malformed(error: ValidationError, body: bytes) -> EgpError:
    """What is wrong with the form of a request: of a list the first problem, and no more than MAX_PROBLEMS in all."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    if problems[0]["type"] == "json_invalid" and (path := lone_surrogate(body)) is not None:
        return _invalid([{"loc": ["body", *path], "msg": PROBLEM, "type": "json_invalid"}])
    return _invalid(
        [
            {
                "loc": ["body", *(part for part in problem["loc"] if part not in _TYPE_NAMES)],
                "msg": problem["msg"],
                "type": problem["type"],
            }
            for problem in problems[:MAX_PROBLEMS]
        ]
    )


def _invalid(problems: Sequence[dict[str, Any]]) -> EgpError:
    return EgpError(HTTPStatus.UNPROCESSABLE_ENTITY, problems, INVALID)


def unsupported(field: str, why: str) -> EgpRefused:
    """A field that would change the answer, and cannot be heeded."""
    return EgpRefused(EgpError(HTTPStatus.BAD_REQUEST, f"{field} {why}", UNSUPPORTED))


def _path(field: str) -> list[str | int]:
    """`messages[0].content` as FastAPI has it: `"messages", 0, "content"`."""
    return [int(part) if part.isdecimal() else part for part in re.findall(r"[^.\[\]]+", field)]


class EgpRoute(ExplainingRoute):
    explain = staticmethod(egp_error)
