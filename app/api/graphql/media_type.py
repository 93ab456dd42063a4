"""Which media type a response has: GraphQL over HTTP, 4.1 and 6.3."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Final, TypeVar

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
HTML = "text/html"
EVENT_STREAM = "text/event-stream"

REMEMBERED_HEADERS: Final = 64
MAX_REMEMBERED_CHARACTERS: Final = 256
"""Of a header: browsers send 90."""

Answer = TypeVar("Answer")


def remembered(of_header: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """The same, where what a client has sent once, and sends with each request, is not read again."""
    known = lru_cache(maxsize=REMEMBERED_HEADERS)(of_header)

    @wraps(of_header)
    def answer(header: str) -> Answer:
        return (known if len(header) <= MAX_REMEMBERED_CHARACTERS else of_header)(header)

    return answer


@remembered
def response_type(accept: str) -> str:
    """GraphQL's own media type for a client that asks for it by name, plain JSON for everybody else."""
    qualities = _qualities(accept)
    own = qualities.get(GRAPHQL_RESPONSE, 0.0)
    return GRAPHQL_RESPONSE if own > 0 and own >= qualities.get(JSON, 0.0) else JSON


@remembered
def accepts_events(accept: str) -> bool:
    """Whether the client names event streams: among others, where it knows not beforehand what comes, as urql does."""
    return _qualities(accept).get(EVENT_STREAM, 0.0) > 0


@remembered
def prefers_events(accept: str) -> bool:
    """Whether the client would have an event stream rather than JSON. As much as JSON is not enough: what has a single
    answer is read more easily as that.
    """
    qualities = _qualities(accept)
    events = qualities.get(EVENT_STREAM, 0.0)
    return events > max(_quality(qualities, JSON), _quality(qualities, GRAPHQL_RESPONSE))


@remembered
def wants_page(accept: str) -> bool:
    """Whether it is a browser that asks, to show what it gets."""
    return _qualities(accept).get(HTML, 0.0) > 0


@remembered
def is_json(content_type: str) -> bool:
    """Whether a request's body is said to be JSON in UTF-8.

    A page on another origin cannot send this type without asking first, which is what keeps it from acting with the
    user's credentials.
    """
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [each.partition("=")[2].strip('" ') for each in parameters if each.startswith("charset")]
    return media_type == JSON and all(each in ("utf-8", "utf8") for each in charsets)


def _qualities(accept: str) -> dict[str, float]:
    """The quality of each media range of an Accept header (RFC 9110, 12.5.1)."""
    return dict(_range(each) for each in accept.split(",") if each.strip())


def _quality(qualities: dict[str, float], media_type: str) -> float:
    """By the most specific of the ranges that include it."""
    ranges = (media_type, media_type.partition("/")[0] + "/*", "*/*")
    return next((qualities[each] for each in ranges if each in qualities), 0.0)


def _range(text: str) -> tuple[str, float]:
    media_type, *parameters = (part.strip().lower() for part in text.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return media_type, float(parameter[2:])
            except ValueError:
                return media_type, 0.0
    return media_type, 1.0
