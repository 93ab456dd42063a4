"""`python -m bench.posting`: posts that begin a conversation, each of them committed before it is answered.

Both ways in each round, one after the other, so that a drifting machine drifts for both; medians of the rounds. No
process is bound to a core.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bench.chart import Chart
from bench.closed_loop import Clock, Load, Operation, closed_loop
from bench.command import command
from bench.delivery.rounds import Rounds
from bench.delivery.server_process import python, running
from bench.delivery.service import cpu_seconds, family
from bench.graphql_client import clients, request
from bench.postgres import Postgres, postgres
from bench.posting.by_hand import by_hand
from bench.posting.replies import all_ended
from bench.posting.upstream import MODEL
from bench.proxy.proxies import parley
from bench.report import Goal, Report

ROUNDS: Final = 5
SECONDS: Final = 3.0
WARM_UP_SECONDS: Final = 2.0
PAUSE_SECONDS: Final = 0.03
"""From an answer to the next post, of a client that is alone: the reply to the one before has ended by then."""

PARLEY, ASYNCPG = "Parley", "asyncpg"
WAYS: Final = (PARLEY, ASYNCPG)
CONTENT: Final = "What is the difference between a pond and a lake?"
CLIENTS: Final = (1, 4, 16, 64)
MANY: Final = 16
PACED: Final = "paced"

DOCUMENT: Final = (
    "mutation ($input: PostMessageInput!) { postMessage(input: $input)"
    " { conversation { id } message { id createdAt } reply { id status } } }"
)

_ABOUT: Final = f"""\
`postMessage` that begins a conversation, answered when all is committed (fsync on); asyncpg writes the same rows
into the same tables in one statement written by hand, on connections of the load client's own, with nothing in
between. *With reply* is one client that pauses {PAUSE_SECONDS * 1000:.0f} ms after each answer: the conversation,
the message, the turn and the empty reply, whose model then says one word at once, and Parley has stored that and the
end before the next post comes. *Alone* is the message, the conversation and the turn, no reply, without pauses: by
one client, and by {MANY}. The last column is {MANY} clients posting with reply: on Parley's side whole turns, with
model, log and end; on asyncpg's still the first four rows. CPU is of one post alone, *server* with the query engine;
*client* is how much of a core the load client used, which for asyncpg is its server, too. No process is bound to a
core."""


@dataclass(frozen=True, slots=True)
class Setting:
    database: Postgres
    url: str
    port: int
    server_cpu_seconds: Clock


Key = tuple[str, bool, int | str]
"""The way, whether there are replies, and how many clients, or PACED."""
Found = Rounds[Key, Load]


async def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> Report:
    found: Found = Rounds()
    async with _setting() as setting:
        for counts in [False] + [True] * rounds:  # the first one is to warm up
            for replies, load in [(True, PACED), *((False, each) for each in CLIENTS), (True, MANY)]:
                for way in WAYS:
                    measured = await _measure(setting, way, replies, load, seconds if counts else WARM_UP_SECONDS / 2)
                    if counts:
                        found.add((way, replies, load), measured)
                print(".", end="", flush=True)
    print()
    return _report(found)


@asynccontextmanager
async def _setting() -> AsyncGenerator[Setting]:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(postgres())
        url = await database.database("posting")
        upstream = await stack.enter_async_context(running(python("bench.posting.upstream"), Path(), None))
        way = stack.enter_context(parley(f"http://127.0.0.1:{upstream.port}/v1", database.folder, url))
        port = urlsplit(way.url).port
        assert port
        yield Setting(database, url, port, lambda: cpu_seconds(family(way.processes)))


async def _measure(setting: Setting, way: str, replies: bool, load: int | str, seconds: float) -> Load:
    number, pause = (1, PAUSE_SECONDS) if isinstance(load, str) else (load, 0.0)
    clocks = {"server": setting.server_cpu_seconds, "postgres": setting.database.cpu_seconds}
    async with AsyncExitStack() as stack:
        posting: list[Operation]
        if way == PARLEY:
            variables = {"input": {"content": CONTENT, "model": MODEL, "reply": replies}}
            opened = await stack.enter_async_context(clients(setting.port, request(DOCUMENT, variables), number))
            posting = [each.ask for each in opened]
        else:
            hands = await stack.enter_async_context(by_hand(setting.url, number, CONTENT))
            posting = [each.post if replies else each.post_message_only for each in hands]
        measured = await closed_loop(posting, seconds, clocks, pause_seconds=pause)
        await all_ended(setting.url)
    return measured


def _report(found: Found) -> Report:
    latency = found.ratio((PARLEY, True, PACED), (ASYNCPG, True, PACED), _p50)
    return Report(
        name="posting",
        title="Posting",
        about=_ABOUT,
        heads=("", "with reply, p50 ms", "p99 ms", "alone, p50 ms", f"{MANY} clients, posts/s", "server, CPU ms",
               "PostgreSQL", "client", "with reply, posts/s"),
        rows=[_row(found, way) for way in WAYS],
        goals=[Goal("p50 with reply at most 3 × asyncpg's", f"{latency:.2f} ×", latency <= 3)],
        charts=[
            Chart(
                name="posting",
                title="Posts that are committed, without reply",
                x_label="clients",
                y_label="posts/s",
                lines={
                    way: [(each, found.median((way, False, each), lambda load: load.per_second)) for each in CLIENTS]
                    for way in WAYS
                },
            )
        ],
        figures=[
            {"way": way, "replies": replies, "clients": clients, **load.figures()}
            for way, replies, clients in found.keys()  # noqa: SIM118
            for load in found.of((way, replies, clients))
        ],
    )  # fmt: skip


def _row(found: Found, way: str) -> list[str]:
    paced, one, many = (way, True, PACED), (way, False, 1), (way, False, MANY)
    server = found.median(many, lambda load: load.cpu_ms("server"))
    return [
        way,
        f"{found.median(paced, _p50):.2f}",
        f"{found.median(paced, lambda load: load.percentile_ms(0.99)):.2f}",
        f"{found.median(one, _p50):.2f}",
        f"{found.median(many, lambda load: load.per_second):,.0f}",
        f"{server:.2f}" if way == PARLEY else "",
        f"{found.median(many, lambda load: load.cpu_ms('postgres')):.2f}",
        f"{found.median(many, lambda load: load.client_cores):.2f}",
        f"{found.median((way, True, MANY), lambda load: load.per_second):,.0f}",
    ]


def _p50(load: Load) -> float:
    return load.percentile_ms(0.5)


if __name__ == "__main__":
    command(__doc__ or "", run, ROUNDS, SECONDS)
