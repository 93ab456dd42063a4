"""A body that is not JSON, or none that this service takes, told in OpenAI's shape."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from app.api.rest.lone_surrogate import PROBLEM, lone_surrogate
from app.api.rest.openai_errors import OpenAIError


def invalid_json(body: bytes, problem: str) -> OpenAIError:
    """Names the field where it can.

    Args:
        problem: what the parser says.
    """
    path = lone_surrogate(body)
    if path is None:
        return OpenAIError(HTTPStatus.BAD_REQUEST, f"the body is not valid JSON: {problem}", "invalid_json")
    field = written(path)
    return OpenAIError(HTTPStatus.BAD_REQUEST, f"{field or 'the body'}: {PROBLEM}", "invalid_json", field or None)


def written(path: Iterable[str | int]) -> str:
    """As OpenAI writes it: `messages[0].content`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")
