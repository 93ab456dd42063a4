"""What the query builder of a generated package gets wrong, or does again for every query.

Each function takes the package's module `_builder`, and replaces in it one function that the module calls by name. A
client that was generated elsewhere has a builder of its own.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any


def mend(builder: ModuleType) -> None:
    _without_indentation(builder)
    _with_remembered_fields(builder)


def _without_indentation(builder: ModuleType) -> None:
    """Keeps strings as they are.

    Queries are indented line by line with textwrap.indent, which takes U+0085, U+2028 and U+2029 for ends of lines and
    so puts spaces into strings. Nothing needs the indentation.
    """
    vars(builder)["indent"] = lambda text, _prefix: text


def _with_remembered_fields(builder: ModuleType) -> None:
    """Finds out once, rather than for every query, which fields of a model are relations: a third of a query's cost."""
    find_out = builder._field_is_prisma_model
    known: dict[tuple[type, str], bool] = {}

    def remembered(field: Any, *, name: str, parent: type) -> bool:
        key = (parent, name)
        if key not in known:
            known[key] = find_out(field, name=name, parent=parent)
        return known[key]

    vars(builder)["_field_is_prisma_model"] = remembered
