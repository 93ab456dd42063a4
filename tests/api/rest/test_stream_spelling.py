from __future__ import annotations

import json

import pytest

from app.api.rest.stream_spelling import STANDARD, stream_spelling
from app.generation.sse import EventStream

AGENTS = [None, "octoai-0.10.1", "python-requests/2.34.2", "OpenAI/Python 3.52.0", "Mozilla/5.0"]


@pytest.mark.parametrize("agent", AGENTS)
def test_every_spelling_ends_with_the_one_event_that_the_specification_reads_in_it(agent: str | None) -> None:
    spelling = stream_spelling(agent)
    stream = EventStream()
    read = [each.data for each in stream.feed(spelling.keep_alive * 2 + spelling.done + spelling.keep_alive)]
    assert [bytes(data) for data in read] == [b"[DONE]"]


def test_a_loop_of_requests_that_parses_whatever_follows_data_and_a_space_never_meets_the_end_mark() -> None:
    lines = (b'data: {"a":1}\n\n' + stream_spelling("python-requests/2.34.2").done).decode().splitlines()
    assert [json.loads(line[6:]) for line in lines if line.startswith("data: ")] == [{"a": 1}]


@pytest.mark.parametrize("agent", [each for each in AGENTS if each != "python-requests/2.34.2"])
def test_everybody_else_meets_the_end_mark_as_openai_spells_it(agent: str | None) -> None:
    assert stream_spelling(agent).done == b"data: [DONE]\n\n"


def test_octoais_sdk_meets_no_comment() -> None:
    assert b":" not in stream_spelling("octoai-0.10.1").keep_alive
    assert STANDARD.keep_alive.startswith(b":")
