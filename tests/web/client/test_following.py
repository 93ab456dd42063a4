"""The client module against the real server, over networks of every kind: each character once, in order, to the end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.log.statements import TRIM
from tests.e2e.operations import message, post
from tests.serving import Served
from tests.upstream.script import Script
from tests.web.client.front_end import FrontEnd, front_end
from tests.web.client.meddling_proxy import UNHARMED, Fate, MeddlingProxy, meddling

DEADLINE_SECONDS = 60
TRANSPORTS = ["websocket", "sse"]
UNKNOWN = "msg_01h2xcejqtf2nbrexx3vqjhp41"

both_transports = pytest.mark.parametrize("transport", TRANSPORTS)


@pytest.fixture(autouse=True)
async def deadline() -> AsyncGenerator[None]:
    async with asyncio.timeout(DEADLINE_SECONDS):
        yield


def port_of(served: Served) -> int:
    port = urlsplit(served.url).port
    assert port
    return port


def cuts(seed: int, least: int, most: int) -> Callable[[int], Fate]:
    choose = random.Random(seed)
    return lambda _: Fate(cut_after=choose.randint(least, most))


async def trim(database_url: str) -> None:
    """As retention does a day later."""
    connection = await asyncpg.connect(database_url)
    try:
        while await connection.execute(TRIM, timedelta(0), 50) != "DELETE 0":
            pass
    finally:
        await connection.close()


async def has_it_all(said: FrontEnd, served: Served, script: Script) -> None:
    """What the reader has is what the model said and what is stored, and nothing came twice on the way."""
    *_, last = said.heard
    assert last["end"]["status"] == "COMPLETE"
    stored = await message(served.graphql_url, last["id"])
    assert said.text() == stored["content"] == script.whole_text()
    assert said.seqs() == sorted(set(said.seqs()))
    assert [line for line in said.heard if "end" in line or "error" in line] == [last]


@both_transports
async def test_an_answer_is_followed_to_its_end(parley: Served, transport: str) -> None:
    script = Script(seed=1, deltas=50, reasoning="Let me see.")
    async with front_end(parley.graphql_url, prompts=[script.prompt()], options={"transport": transport}) as said:
        heard = await said.to_the_end()
    await has_it_all(said, parley, script)
    assert "".join(line.get("reasoning") or "" for line in heard) == "Let me see."
    assert heard[-1]["end"]["model"] == "upstream"
    assert heard[-1]["end"]["usage"]["completionTokens"] == 50
    assert said.states() == ["connecting", "live"]


@both_transports
@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_lost_or_doubled_where_connections_are_cut_at_any_byte(
    parley: Served, transport: str, seed: int
) -> None:
    script = Script(seed=seed, deltas=500, per_second=200, jitter=0.9)
    async with (
        meddling(port_of(parley), cuts(seed, 50, 4_000)) as proxy,
        front_end(
            parley.graphql_url, follow=proxy.graphql_url, prompts=[script.prompt()], options={"transport": transport}
        ) as said,
    ):
        await said.to_the_end()
    await has_it_all(said, parley, script)
    assert len(proxy.requests) >= 3
    assert set(said.states()) == {"waiting", "connecting", "live"}


@both_transports
async def test_bytes_may_come_one_at_a_time(parley: Served, transport: str) -> None:
    script = Script(seed=4, deltas=30)
    async with (
        meddling(port_of(parley), lambda _: Fate(slice_bytes=1)) as proxy,
        front_end(
            parley.graphql_url, follow=proxy.graphql_url, prompts=[script.prompt()], options={"transport": transport}
        ) as said,
    ):
        await said.to_the_end()
    await has_it_all(said, parley, script)


@both_transports
async def test_a_connection_that_goes_silent_is_given_up_and_made_again(parley: Served, transport: str) -> None:
    script = Script(seed=5, deltas=100, per_second=100)
    pace = {"silence": 200, "answer": 100, "streamSilence": 300}
    async with (
        meddling(port_of(parley), lambda number: Fate(stall_after=2_000) if number < 2 else UNHARMED) as proxy,
        front_end(
            parley.graphql_url,
            follow=proxy.graphql_url,
            prompts=[script.prompt()],
            options={"transport": transport, "pace": pace},
        ) as said,
    ):
        await said.to_the_end()
    await has_it_all(said, parley, script)
    assert len(proxy.requests) >= 2


@both_transports
async def test_a_silent_answer_keeps_its_connection(parley: Served, transport: str) -> None:
    script = Script(seed=6, deltas=3, per_second=1)
    pace = {"silence": 100, "answer": 5_000}
    async with (
        meddling(port_of(parley)) as proxy,
        front_end(
            parley.graphql_url,
            follow=proxy.graphql_url,
            prompts=[script.prompt()],
            options={"transport": transport, "pace": pace},
        ) as said,
    ):
        await said.to_the_end()
    await has_it_all(said, parley, script)
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("event", ["online", "pageshow", "offline"])
async def test_a_page_that_wakes_up_looks_at_once_whether_its_connection_is_dead(parley: Served, event: str) -> None:
    script = Script(seed=7, deltas=100, per_second=100)
    pace = {"silence": 3_600_000, "hurriedAnswer": 100}
    async with (
        meddling(port_of(parley), lambda number: UNHARMED if number else Fate(stall_after=2_000)) as proxy,
        front_end(
            parley.graphql_url, follow=proxy.graphql_url, prompts=[script.prompt()], options={"pace": pace}
        ) as said,
    ):
        await said.until("text")
        said.window_event(event)
        while said.heard[-1].get("state") != "waiting":  # it may have been heard before it was dead
            try:
                await asyncio.wait_for(said.until("state"), 0.3)
            except TimeoutError:
                said.window_event(event)
        await said.to_the_end()
    await has_it_all(said, parley, script)
    assert proxy.requests == ["websocket", "websocket"]


async def test_where_sockets_are_blocked_it_comes_as_events(parley: Served) -> None:
    script = Script(seed=8, deltas=200, per_second=100)
    async with meddling(port_of(parley), cuts(8, 1_000, 9_000)) as proxy:
        proxy.blocks_sockets = True
        async with front_end(parley.graphql_url, follow=proxy.graphql_url, prompts=[script.prompt()]) as said:
            await said.to_the_end()
    await has_it_all(said, parley, script)
    assert proxy.requests[:3] == ["blocked", "blocked", "http"]
    assert "websocket" not in proxy.requests


async def test_where_sockets_open_and_bring_nothing_it_comes_as_events(parley: Served) -> None:
    script = Script(seed=13, deltas=20)
    async with (
        meddling(port_of(parley), lambda number: Fate(stall_after=160) if number < 2 else UNHARMED) as proxy,
        front_end(
            parley.graphql_url,
            follow=proxy.graphql_url,
            prompts=[script.prompt()],
            options={"pace": {"connect": 1_000, "silence": 200, "answer": 200}},
        ) as said,
    ):
        await said.to_the_end()
    await has_it_all(said, parley, script)
    assert proxy.requests == ["websocket", "websocket", "http"]


async def test_it_goes_back_to_sockets_once_they_are_let_through(parley: Served) -> None:
    script = Script(seed=9, deltas=200, per_second=100)
    async with meddling(port_of(parley)) as proxy:
        proxy.blocks_sockets = True
        async with front_end(
            parley.graphql_url,
            follow=proxy.graphql_url,
            prompts=[script.prompt()],
            options={"pace": {"socketAgain": 50}},
        ) as said:
            await said.until("text")
            proxy.blocks_sockets = False
            await said.to_the_end()
    await has_it_all(said, parley, script)
    assert proxy.requests[-1] == "websocket"
    assert proxy.requests.count("websocket") == 1
    assert "waiting" not in said.states()[said.states().index("live") :]


@both_transports
async def test_many_answers_are_followed_at_a_time(parley: Served, transport: str) -> None:
    scripts = [Script(seed=each, deltas=50, per_second=50) for each in range(30)]
    async with (
        meddling(port_of(parley)) as proxy,
        front_end(
            parley.graphql_url,
            follow=proxy.graphql_url,
            prompts=[each.prompt() for each in scripts],
            options={"transport": transport},
        ) as said,
    ):
        heard = await said.to_the_end()
    ids = list(dict.fromkeys(line["id"] for line in heard))
    assert {said.text(id) for id in ids} == {script.whole_text() for script in scripts}
    for id in ids:
        assert said.text(id) == (await message(parley.graphql_url, id))["content"]
        assert said.seqs(id) == sorted(set(said.seqs(id)))
    assert sorted(line["id"] for line in heard if "end" in line) == sorted(ids)
    if transport == "websocket":
        assert proxy.requests == ["websocket"]
    assert len(proxy.requests) <= len(scripts) / 2, "connections are not used again"


@both_transports
async def test_many_answers_survive_a_socket_that_is_cut(parley: Served, transport: str) -> None:
    scripts = [Script(seed=each, deltas=100, per_second=50) for each in range(8)]
    async with (
        meddling(port_of(parley), cuts(1, 5_000, 30_000)) as proxy,
        front_end(
            parley.graphql_url,
            follow=proxy.graphql_url,
            prompts=[each.prompt() for each in scripts],
            options={"transport": transport},
        ) as said,
    ):
        heard = await said.to_the_end()
    ids = list(dict.fromkeys(line["id"] for line in heard))
    assert {said.text(id) for id in ids} == {script.whole_text() for script in scripts}
    assert len(proxy.requests) > 1


@both_transports
async def test_what_is_there_already_does_not_come_again(parley: Served, transport: str) -> None:
    script = Script(seed=10, deltas=50)
    reply = (await post(parley.graphql_url, script.prompt()))["reply"]["id"]
    async with front_end(parley.graphql_url, ids=[reply], options={"transport": transport}) as whole:
        await whole.to_the_end()
    stored = await message(parley.graphql_url, reply)
    half = next(line for line in whole.heard if "text" in line)
    async with front_end(parley.graphql_url, ids=[reply], after=half["seq"], options={"transport": transport}) as rest:
        await rest.to_the_end()
    assert half["text"] + rest.text() == stored["content"] == script.whole_text()
    async with front_end(
        parley.graphql_url, ids=[reply], after=stored["seq"], options={"transport": transport}
    ) as nothing:
        assert [line for line in await nothing.to_the_end() if "state" not in line] == [whole.heard[-1]]


@both_transports
async def test_where_the_log_is_no_longer_kept_the_whole_text_comes_in_place(
    parley: Served, parley_database_url: str, transport: str
) -> None:
    script = Script(seed=11, deltas=20, per_second=50)
    reply = (await post(parley.graphql_url, script.prompt()))["reply"]["id"]
    async with front_end(parley.graphql_url, ids=[reply]) as before:
        await before.to_the_end()
    await trim(parley_database_url)
    events: list[str] = ["text"]
    while "text" in events:  # as long as the server has not noticed that the reader before has gone, it has the log
        async with front_end(parley.graphql_url, ids=[reply], after=1, options={"transport": transport}) as said:
            heard = await said.to_the_end()
        events = [key for line in heard for key in line if key in ("text", "replace", "end")]
    assert events == ["replace", "end"]
    assert said.text() == script.whole_text()


@both_transports
@pytest.mark.parametrize(
    ("id", "after", "code"),
    [(UNKNOWN, 0, "NOT_FOUND"), ("nothing", 0, "BAD_USER_INPUT"), (UNKNOWN, -1, "BAD_USER_INPUT")],
)
async def test_what_no_other_attempt_mends_is_told_once(
    parley: Served, transport: str, id: str, after: int, code: str
) -> None:
    async with front_end(parley.graphql_url, ids=[id], after=after, options={"transport": transport}) as said:
        heard = await said.to_the_end()
    assert [line["error"] for line in heard if "state" not in line] == [code]


async def test_a_follower_that_was_there_before_the_server_hears_it_all(parley: Served) -> None:
    script = Script(seed=12, deltas=20)
    reply = (await post(parley.graphql_url, script.prompt()))["reply"]["id"]
    proxy = MeddlingProxy(1, lambda _: UNHARMED)  # nobody listens there
    async with (
        proxy.serving(),
        front_end(parley.graphql_url, follow=proxy.graphql_url, ids=[reply]) as said,
    ):
        while "http" not in proxy.requests:
            await said.until("state", "waiting")
        proxy.target = port_of(parley)
        await said.to_the_end()
    await has_it_all(said, parley, script)
