from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.chat.parameters import CompletionParameters
from app.storage.rows import parameters_of, stored_parameters

PARAMETERS = st.builds(
    CompletionParameters,
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    max_tokens=st.none() | st.integers(1),
    stop=st.lists(st.text(min_size=1), max_size=4).map(tuple),
    seed=st.none() | st.integers(),
    presence_penalty=st.none() | st.floats(-2, 2),
    frequency_penalty=st.none() | st.floats(-2, 2),
)


@given(PARAMETERS)
def test_parameters_come_back_as_they_were_stored(parameters: CompletionParameters) -> None:
    assert parameters_of(stored_parameters(parameters)) == parameters


def test_only_what_was_given_is_stored_and_zero_is_something() -> None:
    assert stored_parameters(CompletionParameters()) == {}
    assert stored_parameters(CompletionParameters(temperature=0, seed=0)) == {"temperature": 0, "seed": 0}


def test_a_parameter_of_a_newer_release_does_not_keep_a_message_from_being_read() -> None:
    assert parameters_of({"seed": 1, "reasoning_effort": "high"}) == CompletionParameters(seed=1)
