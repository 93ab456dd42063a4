"""JSON schemas that stand by themselves: in an OpenAPI document `#/$defs/…` would point outside of the schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with each definition where it is referred to. It must not be recursive."""
    definitions = schema.get("$defs", {})

    def inline(value: Any) -> Any:
        if isinstance(value, list):
            return [inline(each) for each in value]
        if not isinstance(value, dict):
            return value
        if reference := value.get("$ref"):
            return inline(definitions[reference.removeprefix("#/$defs/")])
        return {key: inline(each) for key, each in value.items() if key != "$defs"}

    inlined_schema: dict[str, Any] = inline(dict(schema))
    return inlined_schema
