"""What a caller is told of an error."""

from __future__ import annotations

import math

import pytest

from app.api.rest.openai_errors import openai_error
from app.chat.errors import BackendFailed, BackendFault, BadInput


@pytest.mark.parametrize(
    ("asked_seconds", "told"), [(0.2, "1"), (40, "40"), (-5, "0"), (1e12, "86400"), (math.inf, "86400")]
)
def test_nobody_is_told_to_stay_away_for_more_than_a_day(asked_seconds: float, told: str) -> None:
    failure = BackendFailed(
        "slow_down", "later", retryable=True, fault=BackendFault.LIMITED, retry_after_seconds=asked_seconds
    )
    assert openai_error(failure).headers["retry-after"] == told


def test_the_message_names_the_field_that_it_is_about() -> None:
    error = openai_error(BadInput("limit", "must be a number from 1 to 100"))
    assert (error.message, error.param) == ("limit: must be a number from 1 to 100", "limit")
