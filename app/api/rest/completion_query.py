"""The query strings of the endpoints on stored completions, in OpenAI's words.

Read by hand, so that what is wrong is told in OpenAI's shape like everything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import Headers, QueryParams

from app.api.rest.completion_id import parse_completion_id
from app.api.rest.completion_metadata import METADATA_SCHEMA, completion_metadata
from app.api.rest.openapi_text import STORABLE_PATTERN
from app.chat.errors import BadInput, NotFound
from app.chat.history import MAX_SEQ
from app.chat.identifiers import MessageId, message_id
from app.chat.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, CompletionQuery, Window
from app.chat.text import MAX_MODEL_CHARACTERS, check_characters

_METADATA: Final = re.compile(r"metadata\[(.*)\]", re.DOTALL)
_FLAGS: Final[Mapping[str, bool]] = {"true": True, "1": True, "false": False, "0": False}


def completion_query(parameters: QueryParams) -> CompletionQuery:
    """Raises:
    BadInput: a parameter has a value that it cannot have; names it.
    """
    after = None
    if named := parameters.get("after"):
        try:
            after = parse_completion_id(named)
        except NotFound:
            raise BadInput("after", "is not the id of a chat completion") from None
    model = parameters.get("model") or None
    if model:
        check_characters(model, "model", MAX_MODEL_CHARACTERS)
    pairs = [(found[1], text) for name, text in parameters.multi_items() if (found := _METADATA.fullmatch(name))]
    return CompletionQuery(
        after=after,
        limit=_limit(parameters),
        newest_first=_newest_first(parameters),
        model=model,
        metadata=completion_metadata(dict(pairs)),
    )


def message_window(parameters: QueryParams) -> Window[MessageId]:
    """Of a branch; a backward one is to be told from its end. As `completion_query`."""
    after = message_id(named, field="after") if (named := parameters.get("after")) else None
    limit = _limit(parameters)
    if _newest_first(parameters):
        return Window(limit, backward=True, before=after)
    return Window(limit, after=after)


def flag(parameters: QueryParams, name: str) -> bool:
    """Raises:
    BadInput: it is neither true nor false.
    """
    value = parameters.get(name, "false").lower()
    if value not in _FLAGS:
        raise BadInput(name, "must be true or false")
    return _FLAGS[value]


def resume_point(headers: Headers, parameters: QueryParams, n: int) -> tuple[tuple[int, ...], str]:
    """The seq of what the caller has of each of n replies, and the name of what said so.

    The header wins: a browser's EventSource sends it when it comes back, and the address stays as it was.

    Raises:
        BadInput: it is not as many numbers as there are replies; names what said so.
    """
    name, text = "Last-Event-ID", headers.get("last-event-id", "").strip()
    if not text:
        name, text = "after", parameters.get("after", "").strip()
    if not text:
        return (0,) * n, name
    parts = text.split(",")
    well_formed = len(parts) == n and all(re.fullmatch("[0-9]{1,10}", each) for each in parts)
    if not well_formed or max(map(int, parts)) > MAX_SEQ:
        what = f"a number from 0 to {MAX_SEQ}" if n == 1 else f"{n} numbers with commas between them"
        raise BadInput(name, f"must be {what}, such as the `id` of an event of this stream")
    return tuple(map(int, parts)), name


def _limit(parameters: QueryParams) -> int:
    text = parameters.get("limit", str(DEFAULT_PAGE_SIZE))
    if not re.fullmatch("[0-9]{1,10}", text) or not 1 <= int(text) <= MAX_PAGE_SIZE:
        raise BadInput("limit", f"must be a number from 1 to {MAX_PAGE_SIZE}")
    return int(text)


def _newest_first(parameters: QueryParams) -> bool:
    order = parameters.get("order", "asc")
    if order not in ("asc", "desc"):
        raise BadInput("order", "must be asc or desc")
    return order == "desc"


def _parameter(name: str, description: str, schema: Mapping[str, Any], *, place: str = "query") -> dict[str, Any]:
    return {"name": name, "in": place, "required": False, "description": description, "schema": schema}


_PAGE: Final = [
    _parameter(
        "limit",
        "How many.",
        {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE},
    ),
    _parameter(
        "order", "Oldest first, or newest first.", {"type": "string", "enum": ["asc", "desc"], "default": "asc"}
    ),
]
LIST_PARAMETERS: Final = [
    _parameter(
        "after",
        "The id of the last completion of the page before.",
        {"type": "string", "pattern": "^(chatcmpl-[0-9a-f]{32})?$"},
    ),
    *_PAGE,
    _parameter(
        "model",
        "Only those of this model.",
        {"type": "string", "maxLength": MAX_MODEL_CHARACTERS, "pattern": STORABLE_PATTERN},
    ),
    {
        **_parameter(
            "metadata",
            "Only those with all of these: `metadata[key]=value`.",
            {**METADATA_SCHEMA, "type": "object"},
        ),
        "style": "deepObject",
        "explode": True,
    },
]
MESSAGES_PARAMETERS: Final = [
    _parameter(
        "after",
        "The id of the last message of the page before.",
        {"type": "string", "pattern": "^(msg_[0-7][0-9a-hjkmnp-tv-z]{25})?$"},
    ),
    *_PAGE,
]
STREAM_PARAMETERS: Final = [
    _parameter(
        "after",
        "The `id` of the last event that the caller has; of several replies, one number each with commas between.",
        {"type": "string", "default": "0"},
    ),
    _parameter("include_usage", "A last chunk with token counts.", {"type": "boolean", "default": False}),
    _parameter("Last-Event-ID", "As `after`, which it overrides.", {"type": "string"}, place="header"),
]
