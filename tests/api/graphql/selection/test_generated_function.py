from __future__ import annotations

import pytest
from graphql.execution.values import VariableValues

from app.api.graphql.selection.execution import Execution
from app.api.graphql.selection.generated_function import GeneratedFunction, Unusual

EXECUTION = Execution(None, VariableValues({}, {}))


def doubled(limit: int) -> GeneratedFunction:
    function = GeneratedFunction()
    assert function.bind(limit) == "bound1"
    return function


LINES = ["if value > bound1: raise Unusual", "return value * 2"]


def test_what_is_bound_to_a_name_is_found_under_it() -> None:
    completion = doubled(10).build(LINES)
    assert completion(10, EXECUTION) == 20
    with pytest.raises(Unusual):
        completion(11, EXECUTION)


def test_the_same_lines_are_compiled_once_whatever_is_bound_to_their_names() -> None:
    one, other = doubled(1).build(LINES), doubled(2).build(LINES)
    assert one.__code__ is other.__code__
    assert other(2, EXECUTION) == 4
    with pytest.raises(Unusual):
        one(2, EXECUTION)


def test_names_are_not_given_twice() -> None:
    function = GeneratedFunction()
    names = [function.bind(None), function.variable(), function.bind(None), function.variable()]
    assert len(set(names)) == 4
