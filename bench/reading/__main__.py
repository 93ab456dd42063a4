"""`python -m bench.reading`: pages of 20 conversations with their last 10 messages.

All ways in each round, one after the other, so that a drifting machine drifts for all of them; medians of the rounds.
No process is bound to a core: who is asked has the machine, and shares it with PostgreSQL and the load client.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Final

import asyncpg

from bench.chart import Chart
from bench.closed_loop import Load, Operation, closed_loop
from bench.command import command
from bench.delivery.rounds import Rounds
from bench.graphql_client import GraphQLClient, clients
from bench.postgres import Postgres, postgres
from bench.reading.install import put_node_first
from bench.reading.questions import CONVERSATIONS, MESSAGES
from bench.reading.servers import PARLEY_NAME, POSTGRAPHILE_NAME, SQLALCHEMY_NAME, Server, servers
from bench.report import Goal, Report
from bench.stored_messages import PER_CONVERSATION, fill

ROUNDS: Final = 5
SECONDS: Final = 3.0
WARM_UP_SECONDS: Final = 3.0
STORED: Final = 10_000
CLIENTS: Final = (1, 4, 16, 64)
MANY: Final = 16
NAMES: Final = (PARLEY_NAME, POSTGRAPHILE_NAME, SQLALCHEMY_NAME)

# Parley reads by its own, of depths; the others ask for the newest of a conversation.
_INDEX_FOR_PEERS: Final = "CREATE INDEX newest_of_conversation ON messages (conversation_id, id)"

_ABOUT: Final = f"""\
The newest {CONVERSATIONS} conversations with the last {MESSAGES} messages of each, of {STORED:,} stored messages in
conversations of {PER_CONVERSATION}; GraphQL over HTTP on connections that are kept, the same database for all. Every
answer says the same. PostGraphile has its recommended preset (Amber), *SQLAlchemy* is Strawberry over its ORM on
asyncpg, with a DataLoader and Strawberry's caches of documents; the two have an index for it, as Parley has its own.
Each server is one process (Parley has its query engine beside it), bound to no core, on the machine that PostgreSQL
and the load client run on, too. CPU is what a request costs, *server* with the query engine; *client* is how much of a
core the load client used."""

Found = Rounds[tuple[str, int], Load]


async def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> Report:
    found: Found = Rounds()
    async with postgres() as database:
        url = await database.database("reading")
        await fill(url, STORED)
        await _index(url)
        async with servers(url, database.folder) as asked:
            expected = await _same(asked)
            for name, server in asked.items():
                await _measure(server, database, MANY, WARM_UP_SECONDS, expected[name])
            for _ in range(rounds):
                for number in CLIENTS:
                    for name, server in asked.items():
                        load = await _measure(server, database, number, seconds, expected[name])
                        found.add((name, number), load)
                    print(".", end="", flush=True)
    print()
    return _report(found, {name: len(body) for name, body in expected.items()})


async def _index(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_INDEX_FOR_PEERS)
    finally:
        await connection.close()


async def _same(asked: dict[str, Server]) -> dict[str, bytes]:
    """The answers, after a look at whether they say the same."""
    answers = {name: await server.answer() for name, server in asked.items()}
    _, first = answers[PARLEY_NAME]
    assert [len(each["messages"]) for each in first] == [MESSAGES] * CONVERSATIONS
    for name, (body, normal) in answers.items():
        assert normal == first, f"{name} says something else: {body[:500]!r}"
    return {name: body for name, (body, _) in answers.items()}


async def _measure(server: Server, database: Postgres, number: int, seconds: float, expected: bytes) -> Load:
    clocks = {"server": server.cpu_seconds, "postgres": database.cpu_seconds}
    async with clients(server.port, server.request, number) as opened:
        asking: list[Operation] = [partial(_ask, client, expected) for client in opened]
        return await closed_loop(asking, seconds, clocks)


async def _ask(client: GraphQLClient, expected: bytes) -> None:
    body = await client.ask()
    assert body == expected or json.loads(body) == json.loads(expected), f"another answer: {body[:500]!r}"


def _report(found: Found, sizes: dict[str, int]) -> Report:
    postgraphile, sqlalchemy = (
        found.ratio((PARLEY_NAME, MANY), (name, MANY), _per_second) for name in (POSTGRAPHILE_NAME, SQLALCHEMY_NAME)
    )
    return Report(
        name="reading",
        title="Reading",
        about=_ABOUT,
        heads=("", "alone, p50 ms", f"{MANY} clients, requests/s", "p50 ms", "p99 ms", "server, CPU ms", "PostgreSQL",
               "client", "KB"),
        rows=[_row(found, name, sizes[name]) for name in NAMES],
        goals=[
            Goal(f"at least 1 × PostGraphile with {MANY} clients", f"{postgraphile:.2f} ×", postgraphile >= 1),
            Goal(f"at least 1 × SQLAlchemy with {MANY} clients", f"{sqlalchemy:.2f} ×", sqlalchemy >= 1),
        ],
        charts=[
            Chart(
                name="reading",
                title=f"Pages of {CONVERSATIONS} conversations with {MESSAGES} messages each",
                x_label="clients",
                y_label="requests/s",
                lines={
                    name: [(number, found.median((name, number), _per_second)) for number in CLIENTS] for name in NAMES
                },
            )
        ],
        figures=[
            {"way": name, "clients": number, **load.figures()}
            for name in NAMES
            for number in CLIENTS
            for load in found.of((name, number))
        ],
    )  # fmt: skip


def _row(found: Found, name: str, size: int) -> list[str]:
    many = (name, MANY)
    return [
        name,
        f"{found.median((name, 1), _p50):.2f}",
        f"{found.median(many, _per_second):,.0f}",
        f"{found.median(many, _p50):.1f}",
        f"{found.median(many, lambda load: load.percentile_ms(0.99)):.1f}",
        f"{found.median(many, lambda load: load.cpu_ms('server')):.2f}",
        f"{found.median(many, lambda load: load.cpu_ms('postgres')):.2f}",
        f"{found.median(many, lambda load: load.client_cores):.2f}",
        f"{size / 1000:.1f}",
    ]


def _per_second(load: Load) -> float:
    return load.per_second


def _p50(load: Load) -> float:
    return load.percentile_ms(0.5)


if __name__ == "__main__":
    put_node_first()
    command(__doc__ or "", run, ROUNDS, SECONDS)
