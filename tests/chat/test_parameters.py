from __future__ import annotations

import math
from typing import Any

import pytest

from app.chat.errors import BadInput
from app.chat.parameters import MAX_STOP_CHARACTERS, CompletionParameters

RANGES = {"temperature": (0, 2), "top_p": (0, 1), "presence_penalty": (-2, 2), "frequency_penalty": (-2, 2)}
EDGES = [(name, edge) for name, edges in RANGES.items() for edge in edges]

GOOD: list[dict[str, Any]] = [
    {},
    *({name: edge} for name, edge in EDGES),
    *({name: float(edge)} for name, edge in EDGES),
    {"temperature": -0.0},
    {"max_tokens": 1},
    {"max_tokens": 2**31 - 1},
    {"seed": 0},
    {"seed": -(2**63)},
    {"seed": 2**63 - 1},
    {"stop": ("a", "b", "c", "d")},
    {"stop": ("x" * MAX_STOP_CHARACTERS,)},
    {"stop": ("\n", " ", "\u2028", "🏁")},
]

BAD: list[tuple[str, Any]] = [
    *((name, math.nextafter(edges[0], -math.inf)) for name, edges in RANGES.items()),
    *((name, math.nextafter(edges[1], math.inf)) for name, edges in RANGES.items()),
    *((name, value) for name in RANGES for value in (math.nan, math.inf, -math.inf)),
    ("max_tokens", 0),
    ("max_tokens", -1),
    ("max_tokens", 2**31),
    ("seed", 2**63),
    ("seed", -(2**63) - 1),
    ("stop", ("a", "b", "c", "d", "e")),
    ("stop", ("",)),
    ("stop", ("x" * (MAX_STOP_CHARACTERS + 1),)),
    ("stop", ("fine", "not\0fine")),
    ("stop", ("\ud800",)),
]


@pytest.mark.parametrize("given", GOOD, ids=str)
def test_what_is_within_its_range_is_taken(given: dict[str, Any]) -> None:
    CompletionParameters(**given).check()


@pytest.mark.parametrize(("name", "value"), BAD, ids=repr)
def test_what_is_out_of_its_range_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(BadInput) as refused:
        CompletionParameters(**{name: value}).check()
    assert refused.value.field == f"parameters.{name}"
    with pytest.raises(BadInput) as refused:
        CompletionParameters(**{name: value}).check(prefix="")
    assert refused.value.field == name


def test_the_refusal_says_the_value_that_was_given_and_not_a_rounded_one() -> None:
    with pytest.raises(BadInput, match=r"not 2\.0000001$"):
        CompletionParameters(temperature=2.0000001).check()


def test_a_sibling_has_a_seed_of_its_own_that_can_still_be_sent() -> None:
    assert CompletionParameters().of_sibling(2) == CompletionParameters()
    assert [CompletionParameters(seed=7).of_sibling(index).seed for index in range(3)] == [7, 8, 9]
    greatest = CompletionParameters(seed=2**63 - 1)
    assert len({greatest.of_sibling(index).seed for index in range(3)}) == 3
    for index in range(3):
        greatest.of_sibling(index).check()
