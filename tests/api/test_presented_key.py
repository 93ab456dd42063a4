from __future__ import annotations

from typing import Any

import pytest
from starlette.datastructures import Headers

from app.api.presented_key import key_alone, presented_key
from app.chat.keys import new_secret

KEY = new_secret()
OTHER = new_secret()


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer {KEY}"},
        {"AUTHORIZATION": f"BEARER   {KEY} "},
        {"Authorization": KEY},
        {"x-api-key": KEY},
        {"X-API-Key": f" \t{KEY}\t "},
        {"Authorization": "Bearer sk-somebody-elses", "x-api-key": KEY},
        {"Authorization": "Basic dXNlcjpwYXNz", "x-api-key": KEY},
        {"Authorization": f"Bearer {KEY}", "x-api-key": "sk-somebody-elses"},
        {"Authorization": f"Bearer {KEY}", "x-api-key": OTHER},
    ],
)
def test_a_key_is_found_in_the_headers_that_clients_send_it_in(headers: dict[str, str]) -> None:
    assert presented_key(Headers(headers)) == KEY


@pytest.mark.parametrize(
    "payload",
    [
        {"authorization": f"Bearer {KEY}"},
        {"Authorization": KEY},
        {"x-api-key": KEY},
        {"X-Api-Key": KEY},
        {"apiKey": KEY},
        {"headers": {"Authorization": f"Bearer {KEY}"}},
        {"headers": {"x-api-key": KEY}},
        {"authorization": None, "apiKey": KEY},
        {"authorization": 7, "headers": {"apiKey": KEY}},
        {"authorization": "Bearer made-up", "apiKey": KEY},
    ],
)
def test_a_key_is_found_in_the_payload_of_connection_init_which_counts_first(payload: dict[str, Any]) -> None:
    assert presented_key(Headers({"x-api-key": OTHER}), payload) == KEY


@pytest.mark.parametrize(
    "payload", [None, {}, {"headers": None}, {"headers": "x"}, {"headers": []}, {"token": KEY}, {"authorization": ""}]
)
def test_where_none_was_sent_none_is_found(payload: dict[str, Any] | None) -> None:
    assert presented_key(Headers({"authorization": "Bearer ", "cookie": KEY}), payload) is None


@pytest.mark.parametrize("around", ["\N{NO-BREAK SPACE}", "\x85", "\x0b", "\x1f"])
@pytest.mark.parametrize("name", ["x-api-key", "authorization"])
def test_a_key_with_anything_but_blanks_around_it_is_another_one(name: str, around: str) -> None:
    """RFC 9110, 5.6.3: only spaces and tabs do not belong to a field's value."""
    sent = f"{around}{KEY}{around}"
    assert presented_key(Headers({name: sent})) == presented_key(Headers(), {name: sent}) == sent


def test_what_looks_like_no_key_is_given_where_there_is_nothing_better() -> None:
    assert presented_key(Headers({"x-api-key": "made-up"})) == "made-up"


@pytest.mark.parametrize("payload", [{}, {"authorization": "made-up"}, {"apiKey": "x" * 1_000_000}])
def test_of_a_payload_without_a_key_nothing_is_kept(payload: dict[str, Any]) -> None:
    assert key_alone(payload) == {}


def test_of_a_payload_with_a_key_the_same_key_is_found_again_and_nothing_else_is_kept() -> None:
    headers = {"Authorization": f"Bearer {KEY}", "more": "x" * 1_000_000}
    kept = key_alone({"headers": headers, "authorization": "made-up"})
    assert presented_key(Headers({"x-api-key": OTHER}), kept) == KEY
    assert len(str(kept)) < 100
