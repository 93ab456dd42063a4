"""Structured logs: one JSON object a line, or coloured lines in a terminal. Everything goes through `logging`."""

from __future__ import annotations

import logging.config
import sys
from typing import Any

import structlog
import structlog.tracebacks


def _drop_color_message(_logger: object, _name: str, event: dict[str, Any]) -> dict[str, Any]:
    """uvicorn says everything twice."""
    event.pop("color_message", None)
    return event


_SHARED: list[Any] = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    _drop_color_message,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# Without the local variables: what people say, and keys, have no place in a log.
_TRACEBACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))

_CHATTY = ("httpx", "httpcore", "httpx2", "httpcore2", "openai", "prisma", "uvicorn.access", "uvicorn.websocket")
"""Every request of the SDK and of the engine would be a line, and every handshake."""


def configure_logging(*, style: str, level: str) -> None:
    """Args:
    style: `json`, `console`, or `auto`: console in a terminal.
    level: `debug`, `info`, `warning` or `error`.
    """
    if style == "auto":
        style = "console" if sys.stderr.isatty() else "json"
    renderers: list[Any] = (
        [_TRACEBACKS, structlog.processors.JSONRenderer()]
        if style == "json"
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": _SHARED,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": level.upper()},
            "loggers": {name: {"level": "ERROR" if level == "error" else "WARNING"} for name in _CHATTY},
        }
    )
