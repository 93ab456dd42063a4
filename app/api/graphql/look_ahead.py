"""What an operation is going to ask of each conversation in a page, so that it is read together with the page.

A hint: what is not foreseen here is read when it is resolved, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from strawberry.types.nodes import SelectedField, Selection

from app.api.graphql.context import Info
from app.chat.errors import BadInput
from app.chat.overview import Shown
from app.chat.paging import Depth, Window

_TIP: Final[Window[Depth]] = Window(1, backward=True)


def shown_of_each(info: Info) -> Shown:
    """Of the connection of conversations that is being resolved."""
    connection = [below for each in info.selected_fields for below in _fields(each.selections)]
    edges = _below(connection, "edges")
    conversation = [*_below(connection, "nodes"), *_below(edges, "node")]
    windows = [_window(each.arguments) for each in conversation if each.name == "messages"]
    if any(each.name == "tip" for each in conversation):
        windows.append(_TIP)
    return Shown(
        branches=tuple(dict.fromkeys(each for each in windows if each is not None)),
        active=any(each.name == "activeCompletion" for each in conversation),
        total=any(each.name == "totalCount" for each in connection),
    )


def _below(fields: Iterable[SelectedField], name: str) -> list[SelectedField]:
    return [below for each in fields if each.name == name for below in _fields(each.selections)]


def _fields(selections: Iterable[Selection]) -> Iterator[SelectedField]:
    """Those that are selected, by fragments too: of a connection and its conversations the type is known."""
    for each in selections:
        if not _is_wanted(each):
            continue
        if isinstance(each, SelectedField):
            yield each
        else:
            yield from _fields(each.selections)


def _is_wanted(selection: Selection) -> bool:
    include, skip = selection.directives.get("include"), selection.directives.get("skip")
    return not (include and not include["if"]) and not (skip and skip["if"])


def _window(arguments: dict[str, Any]) -> Window[Depth] | None:
    """None where it cannot be the same for all conversations, or is wrong, as will be told when it is resolved."""
    if arguments.get("after") is not None or arguments.get("before") is not None:
        return None
    try:
        return Window.of(first=_size(arguments.get("first")), last=_size(arguments.get("last")))
    except BadInput:
        return None


def _size(value: Any) -> int | None:
    """Of an argument that was valid; a literal is given as it is written."""
    return None if value is None else int(value)
