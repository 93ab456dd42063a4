"""Loaded by schemathesis."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def map_body(_context: object, body: Any) -> Any:
    """1.0 is an integer to JSON Schema, and not to OpenAI, nor here."""
    if isinstance(body, float) and body.is_integer():
        return int(body)
    if isinstance(body, list):
        return [map_body(_context, each) for each in body]
    if isinstance(body, dict):
        return {name: map_body(_context, value) for name, value in body.items()}
    return body
