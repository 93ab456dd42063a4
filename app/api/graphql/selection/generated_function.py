"""Functions of a value, made of lines of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from types import CodeType
from typing import Any, Final, TypeAlias

from app.api.graphql.selection.execution import Execution

Completion: TypeAlias = Callable[[Any, Execution], Any]
"""Makes of what a resolver or an attribute gave what the response has of it."""

ARGUMENT: Final = "value"
EXECUTION: Final = "execution"

KEPT_CODE: Final = 512
"""Objects of a type with the same fields selected share it, in whatever document."""


class Unusual(Exception):
    """The value is none that generated code can complete; graphql-core is to say what becomes of it."""


class GeneratedFunction:
    """The text is the same for the same selection: what differs from schema to schema is bound to names."""

    def __init__(self) -> None:
        self._bound: dict[str, Any] = {"Unusual": Unusual}
        self._variables = 0

    def bind(self, value: object) -> str:
        """A name for the value, to be used in a line."""
        name = f"bound{len(self._bound)}"
        self._bound[name] = value
        return name

    def variable(self) -> str:
        self._variables += 1
        return f"value{self._variables}"

    def build(self, lines: Iterable[str]) -> Completion:
        """Args:
        lines: of the body, in which the arguments are called ARGUMENT and EXECUTION.
        """
        namespace = dict(self._bound)
        source = "\n    ".join([f"def completion({ARGUMENT}, {EXECUTION}):", *lines])
        exec(_compile(source), namespace)  # noqa: S102 - of the schema's names and GraphQL names in quotes only
        completion: Completion = namespace["completion"]
        return completion


def indented(lines: Iterable[str]) -> list[str]:
    return [f"    {each}" for each in lines]


@lru_cache(maxsize=KEPT_CODE)
def _compile(source: str) -> CodeType:
    return compile(source, "<selection>", "exec")
