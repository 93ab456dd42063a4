"""What an upstream's errors mean: whose fault, worth another try or not, and what to tell whoever waits.

An upstream's own code is kept. Its own words are passed on where they are about the request; where they are about
Parley's key or the upstream's inside they stay in the log.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

import httpx2
import openai

from app.chat.errors import BackendFailed, BackendFault
from app.chat.text import storable
from app.generation.retry_after import retry_after_seconds

logger = logging.getLogger("parley.generation")

UPSTREAM_TIMEOUT: Final = "UPSTREAM_TIMEOUT"
UPSTREAM_UNREACHABLE: Final = "UPSTREAM_UNREACHABLE"
UPSTREAM_FAILED: Final = "UPSTREAM_FAILED"
UPSTREAM_INCOMPLETE: Final = "UPSTREAM_INCOMPLETE"
UPSTREAM_INVALID: Final = "UPSTREAM_INVALID"

MAX_MESSAGE_CHARACTERS: Final = 1_000
MAX_CODE_CHARACTERS: Final = 100

_TYPES_OF_ANYTHING: Final = frozenset({"invalid_request_error", "server_error", "api_error", "error"})
"""Error types that say less than the status does."""

_OUT_OF_CREDIT: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
"""Sent with 429 as a rate limit is, but waiting does not help."""

_ANSWERS: Final = frozenset({"choices", "chat_completion"})
"""What a chunk has in it that is no error, whatever else it has."""

_WRONG_REQUESTS: Final = frozenset({"context_length_exceeded", "BadRequestError"})
"""The same request gets them again."""

_REFUSALS: Final = frozenset({"context_length_exceeded", "http_400", "http_413", "http_422"})

_FAULTS: Final[Mapping[str, BackendFault]] = {
    UPSTREAM_TIMEOUT: BackendFault.SILENT,
    "rate_limit_exceeded": BackendFault.LIMITED,
    "model_not_found": BackendFault.UNKNOWN_MODEL,
}

_PASSING_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})


def failure_from(error: openai.APIError | httpx2.RequestError) -> BackendFailed:
    """What an error means that the SDK or its client raised in place of an answer, or for a refusal."""
    if isinstance(error, openai.APIStatusError):
        return failure_by_status(error.status_code, error.body, error.response.headers)
    # Only connecting has a timeout of the client's own: it means that nobody listens.
    logger.warning("upstream cannot be reached", extra={"why": repr(error.__cause__ or error)})
    return BackendFailed(UPSTREAM_UNREACHABLE, "the model's server cannot be reached", retryable=True)


def failure_in_stream(chunk: Mapping[str, Any]) -> BackendFailed | None:
    """The error that a chunk is, if it is one."""
    error: object
    if chunk.get("object") == "error" or (chunk.get("detail") and chunk.keys().isdisjoint(_ANSWERS)):
        error = chunk
    elif not (error := chunk.get("error")):
        return None
    code = _code(error) or UPSTREAM_FAILED
    logger.warning("upstream failed in mid-stream", extra={"code": code, "body": _shown(error)})
    return BackendFailed(code, _words(error) or "the model's server failed", retryable=_may_pass(error, code))


def fault_of(code: str) -> BackendFault:
    """Whose fault it was that a failure of that code came about, where nothing but the code is known any more."""
    if code in _OUT_OF_CREDIT:
        return BackendFault.LIMITED
    if code in _REFUSALS:
        return BackendFault.REFUSED
    return _FAULTS.get(code, BackendFault.UNAVAILABLE)


def silence(message: str) -> BackendFailed:
    return BackendFailed(UPSTREAM_TIMEOUT, message, retryable=True, fault=BackendFault.SILENT)


def refusal(response: httpx2.Response) -> str:
    """The words in which an upstream refused a request for its form; empty if it failed in another way."""
    return str(_told(response)) if response.status_code in (400, 422) else ""


def failure_of(response: httpx2.Response) -> BackendFailed:
    """What an answer means that is no success, and was read."""
    return failure_by_status(response.status_code, _told(response), response.headers)


def failure_by_status(status: int, body: object, headers: Mapping[str, str]) -> BackendFailed:
    """What an answer means whose status is not 200; its body is JSON, or text where it is none."""
    code, words = _code(body), _words(body)
    logger.warning("upstream refused", extra={"status": status, "code": code, "body": _shown(body)})
    match status:
        case 401 | 403:
            return BackendFailed(
                code or f"http_{status}", "the model's server does not take Parley's key", retryable=False
            )
        case 402 | 429:
            return BackendFailed(
                code or "rate_limit_exceeded",
                words or "the model's server has had too many requests",
                retryable=status == 429 and code not in _OUT_OF_CREDIT,
                fault=BackendFault.LIMITED,
                retry_after_seconds=retry_after_seconds(headers),
            )
        case 404:
            return BackendFailed(
                code or "model_not_found",
                words or "the model's server does not know this model",
                retryable=False,
                fault=BackendFault.UNKNOWN_MODEL,
            )
        case _ if status < 500 and status not in _PASSING_STATUSES:
            return BackendFailed(
                code or f"http_{status}",
                words or "the model's server refused the request",
                retryable=False,
                fault=BackendFault.REFUSED,
            )
    return BackendFailed(
        code or f"http_{status}",
        f"the model's server failed with status {status}",
        retryable=status in _PASSING_STATUSES,
        retry_after_seconds=retry_after_seconds(headers),
    )


def _told(response: httpx2.Response) -> object:
    """The error object in OpenAI's shape, which gateways have, too; else the JSON, or the text."""
    text = response.content.decode(errors="replace")  # as JSON has to be; what the head names may be no charset at all
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return (told.get("error") or told) if isinstance(told, dict) else told


def _shown(body: object) -> str:
    return str(body)[:MAX_MESSAGE_CHARACTERS]


def _may_pass(error: object, code: str) -> bool:
    """Whether an error in mid-stream is worth another try: by its status where it names one, as vLLM does."""
    if code in _OUT_OF_CREDIT:
        return False
    if not isinstance(error, dict):
        return True
    if isinstance(status := error.get("code"), int):
        return status in _PASSING_STATUSES
    return code not in _WRONG_REQUESTS and error.get("type") != "invalid_request_error"


def _code(error: object) -> str | None:
    """The code in an error object; its type where it has none. A number is a status, not a code."""
    if not isinstance(error, dict):
        return None
    for value in (error.get("code"), error.get("type")):
        if isinstance(value, str) and value and value not in _TYPES_OF_ANYTHING:
            return storable(value[:MAX_CODE_CHARACTERS])
    return None


def _words(error: object) -> str | None:
    """What the upstream said: in OpenAI's shape, in FastAPI's (`detail`), or bare."""
    while isinstance(error, dict):
        values = [error.get(name) for name in ("message", "detail", "error")]
        error = next((value for value in values if value and isinstance(value, str | list | dict)), None)
    if isinstance(error, list):
        error = _problems(error)
    if not isinstance(error, str) or not error.strip() or error.lstrip().startswith("<"):  # some proxy's HTML page
        return None
    return storable(error.strip()[:MAX_MESSAGE_CHARACTERS])


def _problems(problems: list[object]) -> str:
    """FastAPI's list of what is wrong with a request, as one line: where, and what."""
    told = []
    for problem in problems:
        if isinstance(problem, dict) and isinstance(problem.get("msg"), str):
            where = problem.get("loc")
            path = ".".join(map(str, where)) if isinstance(where, list) else ""
            told.append(f"{path}: {problem['msg']}" if path else problem["msg"])
    return "; ".join(told)
