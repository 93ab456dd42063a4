"""On the real mirror of a log, without the log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from app.api.graphql.completion_event import CompletionDelta, completion_event
from app.api.graphql.presented_events import PresentedEvents
from app.api.graphql.push import Push
from app.chat.events import CompletionEvent
from app.chat.identifiers import new_message_id
from app.log.cursor import Cursor
from app.log.mirror import Mirror
from app.log.mirror_watch import MirrorWatch
from tests.api.graphql.outlets import Broken, Kept

DEADLINE_SECONDS = 15


def completion(delta: CompletionDelta, _execution: object) -> dict[str, Any]:
    return {"seq": delta.seq, "content": delta.content}


class Reply:
    """Fed by the test, and pushed to any number of outlets."""

    def __init__(self, *said: str) -> None:
        self.mirror = Mirror()
        self.say(*said)

    def say(self, *contents: str, final: bool = False) -> None:
        for content in contents:
            self.mirror.feed(self.mirror.seq + 1, content, None, final=False)
        if final:
            self.mirror.feed(self.mirror.seq + 1, "", None, final=True)
        self.mirror.tell()

    def push(self, outlet: Kept, completion: Any = completion, after: int = 0) -> tuple[Push, asyncio.Task[None]]:
        watch = MirrorWatch(Cursor(new_message_id(), self.mirror, after), nothing())
        push = Push(watch, PresentedEvents(watch, completion_event, nothing_learned), completion, outlet, b"<", b">")
        return push, asyncio.create_task(push.run())

    @property
    def followed(self) -> bool:
        return bool(self.mirror.listeners)


async def nothing() -> AsyncGenerator[CompletionEvent]:
    return
    yield


async def nothing_learned(_event: object) -> None:
    """None of these is foreseen."""


async def turns(number: int = 3) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def until_over(task: asyncio.Task[None]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        await task


async def test_text_is_written_as_it_comes_and_what_is_no_text_is_left() -> None:
    reply, outlet = Reply("a"), Kept()
    push, task = reply.push(outlet)
    await turns()
    reply.say("b", "c")
    await turns()
    reply.say("d")
    reply.say("e")
    await turns()
    assert not task.done()
    reply.say("f", final=True)
    await until_over(task)
    said = [b'1,"content":"a"', b'3,"content":"bc"', b'5,"content":"de"', b'6,"content":"f"']
    assert outlet.written == [b'<{"seq":' + each + b"}>" for each in said]
    assert (push.left, reply.followed) == ((), False)


async def test_what_is_told_to_many_at_once_is_made_once() -> None:
    made: list[int] = []

    def counted(delta: CompletionDelta, _execution: object) -> dict[str, Any]:
        made.append(delta.seq)
        return completion(delta, None)

    reply, outlets = Reply(), [Kept() for _ in range(5)]
    tasks = [reply.push(each, counted)[1] for each in outlets]
    await turns()
    reply.say("a")
    await turns()
    assert [each.written for each in outlets] == [[b'<{"seq":1,"content":"a"}>']] * 5
    assert made == [1]
    reply.say(final=True)
    await asyncio.gather(*map(until_over, tasks))


async def test_what_comes_while_there_is_no_room_is_not_taken_but_joined() -> None:
    reply, outlet = Reply("a"), Kept()
    push, task = reply.push(outlet)
    await turns()
    outlet.has_room = False
    reply.say("b")
    reply.say("c")
    await until_over(task)
    assert (outlet.written, push.left) == ([b'<{"seq":1,"content":"a"}>'], ())
    outlet.has_room = True
    push, task = reply.push(outlet, after=1)
    reply.say(final=True)
    await until_over(task)
    assert outlet.written[1:] == [b'<{"seq":3,"content":"bc"}>']


async def test_nothing_is_written_after_it_is_cancelled_not_even_in_that_turn() -> None:
    reply, outlet = Reply(), Kept()
    _, task = reply.push(outlet)
    await turns()
    reply.say("a")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (outlet.written, reply.followed) == ([], False)


def refusing(_delta: object, execution: Any) -> Any:
    return execution.info  # which is one client's


@pytest.mark.parametrize(("outlet", "completion"), [(Broken(), completion), (Kept(), refusing)])
async def test_text_that_cannot_be_pushed_is_left_whole_to_be_sent_in_another_way(
    outlet: Kept, completion: Any
) -> None:
    reply = Reply("a", "b")
    push, task = reply.push(outlet, completion)
    await until_over(task)
    assert push.left == (CompletionDelta(seq=2, content="ab", reasoning=None),)
    assert not outlet.written
