"""An OpenAPI document, and whether answers are as it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import schemathesis

METHODS = ("get", "post", "put", "delete", "patch", "head", "options")


class Document:
    """Operations are named as `GET /v1/models/{model}`."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.raw = document
        self._schema = schemathesis.openapi.from_dict(document)
        self.operations = dict(self._operations())

    def _operations(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for path, item in self.raw["paths"].items():
            yield from ((f"{method.upper()} {path}", item[method]) for method in METHODS if method in item)

    def operation(self, method: str, url: str) -> str | None:
        """Of that request; the one with the fewest variables where several paths are of its form."""
        asked = urlsplit(url).path
        for path in sorted(self.raw["paths"], key=lambda each: each.count("{")):
            form = re.sub(r"\\\{\w+\\\}", ".+" if path.endswith("{model}") else "[^/]+", re.escape(path))
            if f"{method} {path}" in self.operations and re.fullmatch(form, asked):
                return f"{method} {path}"
        return None

    def statuses(self, operation: str) -> set[int]:
        return {int(status) for status in self.operations[operation]["responses"]}

    def check(self, response: httpx.Response) -> tuple[str, int]:
        """The operation and the status, if both are documented, and the answer is of the form that belongs to them."""
        operation = self.operation(response.request.method, str(response.request.url))
        assert operation, f"{response.request.method} {response.request.url} is not documented"
        assert response.status_code in self.statuses(operation)
        method, path = operation.split(" ")
        self._schema[path][method].validate_response(response)
        return operation, response.status_code
