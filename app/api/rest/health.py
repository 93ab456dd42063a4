"""Whether the process lives, and whether it can do its work: two different questions for whoever restarts it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

import orjson
from fastapi import APIRouter, Response

from app.api.rest.openapi_objects import Health, Readiness
from app.api.rest.openapi_responses import answers

logger = logging.getLogger("parley.health")

CHECK_DEADLINE_SECONDS: Final = 1.0

OK: Final = "ok"

Check = Callable[[], Awaitable[None]]
"""Returns when all is well and raises otherwise. What it raises is for the log: it may hold credentials."""


def health_router(checks: Mapping[str, Check]) -> APIRouter:
    """`/healthz`, which is always 200, and `/readyz`, which is 503 while any of the named checks fails."""
    router = APIRouter(tags=["health"])
    known: dict[str, str] = {}  # the outcome that was logged last; probes come every few seconds

    @router.get(
        "/healthz",
        summary="Whether the process lives",
        response_class=Response,
        responses=answers(Health, "It does."),
    )
    async def healthz() -> Response:
        return _answer(200, {"status": OK})

    @router.get(
        "/readyz",
        summary="Whether requests can be served",
        response_class=Response,
        responses={
            **answers(Readiness, "They can."),
            503: {"model": Readiness, "description": "A check failed, or took longer than a second."},
        },
    )
    async def readyz() -> Response:
        outcomes = await asyncio.gather(*(_outcome(check) for check in checks.values()))
        for name, outcome in zip(checks, outcomes, strict=True):
            if outcome.text != known.get(name, OK):
                logger.warning("readiness changed", extra={"check": name, "now": outcome.text}, exc_info=outcome.error)
            known[name] = outcome.text
        ready = all(outcome.text == OK for outcome in outcomes)
        answer = {
            "status": OK if ready else "unavailable",
            "checks": {name: {"status": outcome.text} for name, outcome in zip(checks, outcomes, strict=True)},
        }
        return _answer(200 if ready else 503, answer)

    return router


class _Outcome(NamedTuple):
    text: str
    error: Exception | None = None


async def _outcome(check: Check) -> _Outcome:
    try:
        async with asyncio.timeout(CHECK_DEADLINE_SECONDS):
            await check()
    except TimeoutError:
        return _Outcome("timeout")
    except Exception as error:
        return _Outcome("failed", error)
    return _Outcome(OK)


def _answer(status: int, content: object) -> Response:
    # A stored answer about health is worse than none.
    return Response(orjson.dumps(content), status, {"cache-control": "no-store"}, "application/json")
