"""Errors that nobody foresaw: whole into the log, and of them an id to whoever is concerned, by which to find them."""

from __future__ import annotations

import logging
import secrets
from typing import Final

ERROR_ID_BYTES: Final = 8


def report(error: BaseException, logger: logging.Logger) -> str:
    """Logs it with its traceback; returns the id by which it is found there. Its text is nobody else's business."""
    error_id = secrets.token_hex(ERROR_ID_BYTES)
    logger.error("unexpected error %s", error_id, exc_info=error, extra={"error_id": error_id})
    return error_id
