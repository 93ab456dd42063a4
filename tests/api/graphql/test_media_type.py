from __future__ import annotations

import pytest

from app.api.graphql.media_type import (
    GRAPHQL_RESPONSE,
    JSON,
    accepts_events,
    is_json,
    prefers_events,
    response_type,
    wants_page,
)


@pytest.mark.parametrize(
    ("accept", "type"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html", JSON),
        (JSON, JSON),
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (GRAPHQL_RESPONSE.upper(), GRAPHQL_RESPONSE),
        (f"{JSON}, {GRAPHQL_RESPONSE}", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE}; charset=utf-8, {JSON}; q=0.8", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};q=0.1, {JSON};q=0.2", JSON),
        (f"{GRAPHQL_RESPONSE};q=0", JSON),
        (f"{GRAPHQL_RESPONSE};q=high", JSON),
        (", ,", JSON),
    ],
)
def test_the_media_type_of_graphql_is_for_those_who_name_it(accept: str, type: str) -> None:
    assert response_type(accept) == type


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("*/*", False),
        ("application/json", False),
        ("text/html;q=0", False),
        ("", False),
    ],
)
def test_a_page_is_for_browsers(accept: str, page: bool) -> None:
    assert wants_page(accept) is page


@pytest.mark.parametrize(
    ("accept", "accepts", "prefers"),
    [
        ("", False, False),
        ("*/*", False, False),
        ("text/*", False, False),
        (JSON, False, False),
        ("text/event-stream", True, True),
        ("Text/Event-Stream; charset=utf-8", True, True),
        ("text/event-stream;q=0", False, False),
        (f"{JSON}, text/event-stream", True, False),
        (f"{GRAPHQL_RESPONSE}, text/event-stream", True, False),
        (f"{JSON};q=0.5, text/event-stream;q=0.6", True, True),
        (f"{JSON};q=0.6, text/event-stream;q=0.5", True, False),
        ("application/*;q=0.5, text/event-stream", True, True),
        ("application/*, text/event-stream", True, False),
        ("*/*, text/event-stream", True, False),
        ("*/*;q=0.1, text/event-stream", True, True),
        (f"*/*, {JSON};q=0, {GRAPHQL_RESPONSE};q=0, text/event-stream;q=0.1", True, True),
    ],
)
def test_an_event_stream_is_for_those_who_name_it_and_preferred_by_quality(
    accept: str, accepts: bool, prefers: bool
) -> None:
    assert (accepts_events(accept), prefers_events(accept)) == (accepts, prefers)


@pytest.mark.parametrize(
    ("content_type", "json"),
    [
        ("application/json", True),
        ("Application/JSON; charset=UTF-8", True),
        ('application/json;charset="utf-8"', True),
        ("application/json; charset=latin-1", False),
        ("application/json+x", False),
        ("text/plain; application/json", False),
        ("text/plain", False),
        ("", False),
    ],
)
def test_only_json_in_utf_8_is_json(content_type: str, json: bool) -> None:
    assert is_json(content_type) is json
