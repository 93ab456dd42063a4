"""What may happen to a deployment. Each fault mends what it breaks before it returns."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from app.log.connection import ANSWER_SECONDS
from tests.chaos.deployment import GRACE_SECONDS, LEASE_SECONDS, Deployment, engine_of, process_of
from tests.e2e.process import ServerProcess

STOP_MARGIN_SECONDS: Final = 2.0
"""How long after the grace period a server may take to exit."""
LAST_TRY_SECONDS: Final = 10.0
"""How much longer it may take where the database is away: it tries to commit what it has."""
SILENCE_SECONDS: Final = ANSWER_SECONDS + 1
"""After which a connection that says nothing has been given up."""

Complaints = list[str]


@dataclass(frozen=True, slots=True)
class Fault:
    """Args:
    strike: does it to a deployment, of whose servers the given one is to suffer if one has to; what went wrong.
    interrupts: whether replies may end INTERRUPTED by it; where not, each must come to its own end.
    forestalls: whether the answer to a reply's begin may be lost, so that it ends before its first delta.
    """

    name: str
    strike: Callable[[Deployment, ServerProcess, random.Random], Awaitable[Complaints]]
    interrupts: bool = False
    forestalls: bool = False


async def nothing(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    return []


async def kill_server(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    await victim.kill()
    await asyncio.sleep(choose.uniform(0, 1))
    await victim.start()
    return []


async def pause_server(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    """Past its lease: it has been dismissed when it wakes up, and its replies have been ended."""
    victim.process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(LEASE_SECONDS + choose.uniform(0.8, 1.5))
    finally:
        victim.process.send_signal(signal.SIGCONT)
    return []


async def stop_server(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    """SIGTERM, with streams open."""
    complaints = await _terminate_within(victim, GRACE_SECONDS + STOP_MARGIN_SECONDS)
    await victim.start()
    return complaints


async def stop_without_postgres(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    """SIGTERM, with streams open whose end cannot be committed."""
    await deployment.postgres.stop()
    complaints = await _terminate_within(victim, GRACE_SECONDS + STOP_MARGIN_SECONDS + LAST_TRY_SECONDS)
    await deployment.postgres.start()
    await victim.start()
    return complaints


async def kill_engine(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    engine_of(victim).kill()
    return []


async def cut_log(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    """The connections of the delta log, a few times in a row."""
    for _ in range(choose.randint(1, 4)):
        await _terminate(deployment, await deployment.backends(process_of(victim)))
        await asyncio.sleep(choose.uniform(0, 0.3))
    return []


async def cut_records(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    """The connections that records are read and written with."""
    for _ in range(choose.randint(1, 4)):
        statements = await deployment.backends(process_of(victim), "parley statements")
        await _terminate(deployment, [*statements, *await deployment.backends(engine_of(victim))])
        await asyncio.sleep(choose.uniform(0, 0.3))
    return []


async def drop_notify(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    """PostgreSQL's process for the connection that listens is paused and then ended: what was notified meanwhile is
    lost.
    """
    listeners = await deployment.backends(process_of(victim), "parley watcher")
    _signal(listeners, signal.SIGSTOP)
    try:
        await asyncio.sleep(choose.uniform(0.5, 1.5))
    finally:
        _signal(listeners, signal.SIGTERM)
        _signal(listeners, signal.SIGCONT)
    return []


async def silence_log(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    """The connection that text is committed with says nothing any more and is not closed, as when a firewall forgot it.

    PostgreSQL's process for it is paused, perhaps in the middle of a commit, and ended when nobody waits for it.
    """
    writers = await deployment.backends(process_of(victim), "parley writer")
    _signal(writers, signal.SIGSTOP)
    try:
        await asyncio.sleep(SILENCE_SECONDS)
    finally:
        _signal(writers, signal.SIGTERM)
        _signal(writers, signal.SIGCONT)
    return []


async def kill_postgres(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    await deployment.postgres.kill()
    await deployment.postgres.start()
    return []


async def restart_postgres(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    await deployment.postgres.stop()
    await deployment.postgres.start()
    return []


async def lose_postgres(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    """For longer than a lease: when it is back, nobody has renewed."""
    await deployment.postgres.stop()
    await asyncio.sleep(LEASE_SECONDS + choose.uniform(0.3, 1))
    await deployment.postgres.start()
    return []


async def kill_everything(deployment: Deployment, victim: ServerProcess, choose: random.Random) -> Complaints:
    await asyncio.gather(deployment.postgres.kill(), *(server.kill() for server in deployment.servers))
    await deployment.postgres.start()
    for server in deployment.servers:
        await server.start()
    return []


FAULTS: Final = (
    Fault("none", nothing),
    Fault("kill-server", kill_server, interrupts=True),
    Fault("pause-server", pause_server, interrupts=True),
    Fault("stop-server", stop_server, interrupts=True),
    Fault("stop-without-postgres", stop_without_postgres, interrupts=True, forestalls=True),
    Fault("kill-engine", kill_engine, forestalls=True),
    Fault("cut-log", cut_log),
    Fault("cut-records", cut_records, forestalls=True),
    Fault("drop-notify", drop_notify),
    Fault("silence-log", silence_log),
    Fault("kill-postgres", kill_postgres, forestalls=True),
    Fault("restart-postgres", restart_postgres, forestalls=True),
    Fault("lose-postgres", lose_postgres, forestalls=True),
    Fault("kill-everything", kill_everything, interrupts=True, forestalls=True),
)


async def _terminate_within(server: ServerProcess, seconds: float) -> Complaints:
    """Its clean stop, and what is wrong with it."""
    clock = asyncio.get_running_loop().time
    begun = clock()
    status = await server.stop()
    took = clock() - begun
    complaints = [f"exit status {status} after SIGTERM"] if status else []
    if took > seconds:
        complaints.append(f"{took:.1f} s from SIGTERM to exit")
    return complaints


async def _terminate(deployment: Deployment, backends: list[int]) -> None:
    await deployment.postgres.fetch("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid", backends)


def _signal(pids: Iterable[int], sign: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, sign)
