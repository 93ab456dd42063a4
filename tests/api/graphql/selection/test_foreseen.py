from __future__ import annotations

import asyncio

import pytest

from app.api.graphql.context import Context
from app.api.graphql.selection.foreseen import Unknown, result_of
from app.api.identity import LOCAL
from app.chat.service import Chat


async def test_a_coroutine_that_waits_is_ended_where_it_would_begin_to() -> None:
    ended: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            ended.append("ended")

    with pytest.raises(Unknown):
        result_of(waits())
    assert ended == ["ended"]


async def test_what_a_coroutine_raises_is_raised() -> None:
    async def fails() -> None:
        raise ValueError("as it is")

    with pytest.raises(ValueError, match="as it is"):
        result_of(fails())


async def test_a_context_where_nothing_can_be_waited_for_has_only_what_was_read(chat: Chat) -> None:
    known = Context(chat, LOCAL).known
    with pytest.raises(Unknown):
        known.chat  # noqa: B018 - a resolver asks for it so
    with pytest.raises(Unknown):
        known.give_siblings(1)
