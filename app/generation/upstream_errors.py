"""What an upstream's errors mean: whose fault, worth another try or not, and what to tell whoever waits.

An upstream's own code is kept. Its own words are passed on where they are about the request; where they are about
Parley's key or the upstream's inside they stay in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

import openai

from app.chat.errors import BackendFailed, BackendFault
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

_PASSING_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})


def failure_from(error: openai.APIError) -> BackendFailed:
    """What an error means that the SDK raised before there was an answer."""
    if isinstance(error, openai.APIStatusError):
        return _failure_by_status(error)
    # Only connecting and writing have timeouts of the SDK's own, so that every one of them means that nobody listens.
    logger.warning("upstream cannot be reached", extra={"why": repr(error.__cause__ or error)})
    return BackendFailed(UPSTREAM_UNREACHABLE, "the model's server cannot be reached", retryable=True)


def failure_in_stream(chunk: Mapping[str, Any]) -> BackendFailed | None:
    """The error that a chunk is, if it is one."""
    if chunk.get("object") == "error":
        error: object = chunk
    elif not (error := chunk.get("error")):
        return None
    code = _code(error) or UPSTREAM_FAILED
    logger.warning("upstream failed in mid-stream", extra={"code": code, "body": str(error)[:MAX_MESSAGE_CHARACTERS]})
    return BackendFailed(code, _words(error) or "the model's server failed", retryable=code not in _OUT_OF_CREDIT)


def silence(message: str) -> BackendFailed:
    return BackendFailed(UPSTREAM_TIMEOUT, message, retryable=True, fault=BackendFault.SILENT)


def refusal(error: openai.APIError) -> str:
    """The words in which an upstream refused a request for its form; empty if it failed in another way."""
    if isinstance(error, openai.APIStatusError) and error.status_code in (400, 422):
        return f"{error.param or ''} {error.body}"
    return ""


def _failure_by_status(error: openai.APIStatusError) -> BackendFailed:
    status, code, words = error.status_code, _code(error.body), _words(error.body)
    body = str(error.body)[:MAX_MESSAGE_CHARACTERS]
    logger.warning("upstream refused", extra={"status": status, "code": code, "body": body})
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
                retry_after_seconds=retry_after_seconds(error.response.headers),
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
        retry_after_seconds=retry_after_seconds(error.response.headers),
    )


def _code(error: object) -> str | None:
    """The code in an error object; its type where it has none. A number is a status, not a code."""
    if not isinstance(error, dict):
        return None
    for value in (error.get("code"), error.get("type")):
        if isinstance(value, str) and value and value not in _TYPES_OF_ANYTHING:
            return value[:MAX_CODE_CHARACTERS]
    return None


def _words(error: object) -> str | None:
    """What the upstream said: in OpenAI's shape, in FastAPI's (`detail`), or bare."""
    if isinstance(error, dict):
        values = (error.get(name) for name in ("message", "detail", "error"))
        error = next((value for value in values if isinstance(value, str)), None)
    if not isinstance(error, str) or not error.strip() or error.lstrip().startswith("<"):  # some proxy's HTML page
        return None
    return error.strip()[:MAX_MESSAGE_CHARACTERS]
