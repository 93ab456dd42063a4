"""What a subscribed socket costs while nothing is said."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Final

from bench.chart import Chart
from bench.delivery.measurement import reply_ids
from bench.delivery.rounds import Rounds
from bench.delivery.server_process import peer
from bench.delivery.watchers import watching
from bench.report import Goal, Report

ROUNDS: Final = 3
SECONDS: Final = 2.0
"""For a server to come to rest before it is looked at."""

PARLEY, YOGA = "Parley", "yoga"
WAYS: Final = {PARLEY: ("parley",), YOGA: ("yoga",)}
SOCKETS: Final = (1, 250, 500, 1_000)

Found = Rounds[tuple[str, int], int]

_ABOUT: Final = f"""\
Memory that belongs to the server's process alone (USS), with {SOCKETS[-1]:,} sockets, each of which follows a reply of
its own in which nothing is said, less that with one; a fresh process in each round. Neither compresses
(permessage-deflate), which would cost both several times as much."""


async def run(rounds: int = ROUNDS, seconds: float = SECONDS) -> Report:
    found: Found = Rounds()
    for _ in range(rounds):
        for name, command in WAYS.items():
            async with AsyncExitStack() as stack:
                process = await stack.enter_async_context(peer(*command))
                opened = 0
                for sockets in SOCKETS:
                    await stack.enter_async_context(watching(process.port, reply_ids(sockets - opened)))
                    await process.do("await", readers=sockets)
                    opened = sockets
                    await asyncio.sleep(seconds)
                    found.add((name, sockets), process.own_bytes())
            print(".", end="", flush=True)
    print()
    return _report(found)


def _report(found: Found) -> Report:
    ours, theirs = _kilobytes(found, PARLEY), _kilobytes(found, YOGA)
    return Report(
        name="idle",
        title="Idle sockets",
        about=_ABOUT,
        heads=("", *(f"{sockets:,} open, MB" for sockets in SOCKETS), "KB/socket"),
        rows=[
            [
                name,
                *(f"{_bytes(found, name, sockets) / 1e6:.1f}" for sockets in SOCKETS),
                f"{_kilobytes(found, name):.1f}",
            ]
            for name in WAYS
        ],
        goals=[Goal("no more than yoga", f"{ours:.1f} KB, and yoga's {theirs:.1f} KB", ours <= theirs)],
        charts=[
            Chart(
                name="idle-memory",
                title="Memory of the server, over that with one socket",
                x_label="subscribed sockets, idle",
                y_label="MB",
                lines={
                    name: [
                        (sockets, (_bytes(found, name, sockets) - _bytes(found, name, SOCKETS[0])) / 1e6)
                        for sockets in SOCKETS
                    ]
                    for name in WAYS
                },
            )
        ],
        figures=[
            {"way": name, "sockets": sockets, "bytes": found.of((name, sockets))}
            for name in WAYS
            for sockets in SOCKETS
        ],
    )


def _bytes(found: Found, name: str, sockets: int) -> float:
    return found.median((name, sockets), float)


def _kilobytes(found: Found, name: str) -> float:
    """Of a socket."""
    few, many = SOCKETS[0], SOCKETS[-1]
    return (_bytes(found, name, many) - _bytes(found, name, few)) / (many - few) / 1e3
