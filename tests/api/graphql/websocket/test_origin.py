from __future__ import annotations

import pytest

from app.api.graphql.websocket.origin import may_open

ALLOWED = {"https://chat.example.com"}


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "127.0.0.1:8000"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://LOCALHOST:8000", "localhost:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("https://parley.example", "parley.example"),
        ("https://parley.example", "parley.example:443"),
        ("http://parley.example:80", "parley.example"),
        ("https://chat.example.com", "api.example.com"),
    ],
)
def test_programs_own_pages_and_allowed_origins_may_connect(origin: str | None, host: str) -> None:
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    assert may_open(headers, ALLOWED)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("null", "127.0.0.1:8000"),
        ("null", "null"),
        ("", "127.0.0.1:8000"),
        ("https://evil.example", "127.0.0.1:8000"),
        ("http://127.0.0.1:9000", "127.0.0.1:8000"),
        ("http://localhost:8000", "127.0.0.1:8000"),
        ("https://chat.example.com.evil.example", "api.example.com"),
        ("http://chat.example.com", "api.example.com"),
        ("http://127.0.0.1:8000@evil.example", "127.0.0.1:8000"),
        ("http://[::1", "[::1]:8000"),
        ("http://host:99999", "host:99999"),
    ],
)
def test_pages_of_others_may_not(origin: str, host: str) -> None:
    assert not may_open({"host": host, "origin": origin}, ALLOWED)
