"""Reading while it is being written: content and seq are one consistent read, so nothing is lost in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.chat.errors import BadInput, NotFound
from app.chat.events import Delta, End
from app.chat.identifiers import new_message_id
from app.chat.overview import Shown
from app.chat.paging import Depth, Window
from app.chat.records import Message
from tests.chat.conftest import NewService, Service
from tests.chat.scripted_backend import DEADLINE_SECONDS

Read = Callable[[Service, Message], Awaitable[Message]]


async def by_id(service: Service, reply: Message) -> Message:
    return await service.message(reply.id)


async def as_sibling(service: Service, reply: Message) -> Message:
    [sibling] = (await service.chat.history.siblings(service.owner, [reply.id]))[reply.id]
    return sibling


async def in_its_branch(service: Service, reply: Message) -> Message:
    return (await service.chat.history.branch(service.owner, reply.id, Window(1, backward=True))).items[0]


async def in_an_overview(service: Service, reply: Message) -> Message:
    window: Window[Depth] = Window(1, backward=True)
    found = await service.chat.history.overview(service.owner, Window(1), Shown((window,)))
    return found.branches[reply.id, window].items[0]


async def as_active_in_an_overview(service: Service, reply: Message) -> Message:
    found = await service.chat.history.overview(service.owner, Window(1), Shown(active=True))
    return found.active[reply.conversation_id]


@pytest.mark.parametrize("read", [by_id, as_sibling, in_its_branch, in_an_overview, as_active_in_an_overview])
async def test_the_text_of_a_reply_in_flight_and_what_follows_its_seq_are_the_whole(
    new_service: NewService, read: Read
) -> None:
    here, there = await new_service(), await new_service()
    reply = (await here.post()).replies[0]
    call = await here.backend.called()
    words = [f"{number} " for number in range(40)]
    seen: list[Message] = []
    for word in words:
        call.say(word)
        await asyncio.sleep(0)
        if len(seen) < 10:
            seen.append(await read(there, reply))
    call.finish()
    whole = await here.ended(reply.id)
    assert whole.text.content == "".join(words)
    for before in [*seen, whole]:
        events = await there.events(reply.id, before.text.seq)
        assert before.text.content + "".join(getattr(each, "content", "") for each in events) == whole.text.content
        assert events[-1] == End(whole.text.seq, reply.id)


async def test_watchers_who_come_at_any_time_all_get_the_same_text_and_one_end(service: Service) -> None:
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    watches = []
    for word in ("a", "b", "c"):
        watches.append(asyncio.create_task(service.events(reply.id)))
        call.say(word)
        await asyncio.sleep(0)
    call.finish()
    for events in [*await asyncio.gather(*watches), await service.events(reply.id)]:
        assert "".join(each.content for each in events[:-1] if isinstance(each, Delta)) == "abc"
        assert [isinstance(each, End) for each in events] == [False] * (len(events) - 1) + [True]


@pytest.mark.parametrize("after", [-1, 2**31, 10**20])
async def test_a_cursor_that_no_reply_has_is_refused(service: Service, after: int) -> None:
    started = await service.post(replies=0)
    with pytest.raises(BadInput, match=r"^after: must be from 0"):
        await service.chat.history.watch(service.owner, started.message.id, after)


async def test_a_cursor_beyond_what_the_reply_says_is_refused(service: Service) -> None:
    started = await service.post(replies=0)
    with pytest.raises(BadInput, match=r"^after"):
        await service.events(started.message.id, 2**31 - 1)


async def test_what_is_not_there_or_is_anothers_is_not_shown(service: Service) -> None:
    started = await service.post(replies=0)
    for owner, id in ((service.owner, new_message_id()), ("somebody else", started.message.id)):
        assert await service.chat.history.messages(owner, [id]) == {}
        assert await service.chat.history.siblings(owner, [id]) == {}
        assert (await service.chat.history.branch(owner, id, Window())).items == []
        with pytest.raises(NotFound):
            await service.chat.history.message(owner, id)
        with pytest.raises(NotFound):
            await service.chat.history.watch(owner, id)


async def test_a_watch_that_is_closed_leaves_the_reply_running(service: Service) -> None:
    reply = (await service.post()).replies[0]
    call = await service.backend.called()
    watch = await service.chat.history.watch(service.owner, reply.id)
    call.say("a")
    await asyncio.wait_for(anext(watch), DEADLINE_SECONDS)
    await watch.aclose()
    assert not service.log.followed
    call.say("b")
    call.finish()
    assert (await service.ended(reply.id)).text.content == "ab"
