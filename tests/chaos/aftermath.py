"""What is left when a round is over: the stored replies, and what should not be left at all."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psutil

from app.chat.identifiers import message_id
from tests.chaos.caller import Caller
from tests.chaos.deployment import LEASE_SECONDS, Deployment, process_of
from tests.chaos.faults import Fault
from tests.e2e.process import ServerProcess
from tests.upstream.script import Script

SETTLE_SECONDS: Final = LEASE_SECONDS + 4
"""Within which a deployment must be as it was before the round."""
MEMORY_MB: Final = 300
"""More than twice what a server takes under this load; one that keeps what its subscribers had grows beyond it."""
DESCRIPTORS: Final = 64
"""Of files and sockets, where nobody is connected."""


@dataclass(frozen=True, slots=True)
class Reply:
    """As it is stored; by GraphQL, but for the log.

    Args:
        error: the code of why it FAILED.
        log: its deltas, of which number n is `log[n - 1]`.
        siblings: how many replies there are to what it answers, itself included.
        wordings: how many there are of what it answers.
        flaws: where the log contradicts itself or the message.
    """

    id: str
    status: str
    error: str | None
    content: str
    log: tuple[str, ...]
    siblings: int
    wordings: int
    flaws: tuple[str, ...]


async def read_replies(deployment: Deployment, caller: Caller, ids: Sequence[str]) -> list[Reply]:
    keys = {message_id(id, field="id"): id for id in ids}
    rows = await deployment.postgres.fetch(
        "SELECT message_id, seq, content, final FROM deltas WHERE message_id = ANY ($1::uuid[]) ORDER BY seq",
        list(keys),
    )
    contents = await deployment.postgres.fetch(
        "SELECT id, content FROM messages WHERE id = ANY ($1::uuid[])", list(keys)
    )
    by_sql = {keys[row["id"]]: row["content"] for row in contents}
    logs: dict[str, list[tuple[int, str, bool]]] = defaultdict(list)
    for row in rows:
        logs[keys[row["message_id"]]].append((row["seq"], row["content"], row["final"]))
    replies = []
    for id in ids:
        message = await caller.read(id)
        deltas = tuple(content for _, content, final in logs[id] if not final)
        flaws = []
        if [seq for seq, _, _ in logs[id]] != list(range(1, len(deltas) + 2)):
            flaws.append("its log is not dense")
        if [final for _, _, final in logs[id]] != [False] * len(deltas) + [True]:
            flaws.append("its log has not one end marker, last")
        if not "".join(deltas) == message["content"] == by_sql.get(id) or message["seq"] != len(deltas):
            flaws.append("its log is not its content")
        error = message["error"] and message["error"]["code"]
        siblings, wordings = len(message["siblings"]), len(message["parent"]["siblings"])
        replies.append(
            Reply(id, message["status"], error, message["content"], deltas, siblings, wordings, tuple(flaws))
        )
    return replies


def wrongs(reply: Reply, script: Script, fault: Fault, *, stopped: bool) -> list[str]:
    """What is wrong with a stored reply, given what the upstream was to say and what has happened."""
    found = list(reply.flaws)
    may_end = {
        "COMPLETE": True,
        "STOPPED": stopped,
        "INTERRUPTED": fault.interrupts or (fault.forestalls and not reply.log),
        "FAILED": fault.forestalls and not reply.log and reply.error == "STORAGE_UNAVAILABLE",
    }
    if not may_end.get(reply.status):
        found.append(f"is {reply.status} ({reply.error}) after {len(reply.log)} deltas")
    whole = script.whole_text()
    if not (reply.content == whole if reply.status == "COMPLETE" else whole.startswith(reply.content)):
        found.append("is not what the upstream said")
    return [f"{reply.id}: {wrong}" for wrong in found]


async def lingering(deployment: Deployment) -> list[str]:
    """What is still there, though nobody needs it, when there was time enough for it to go."""
    deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
    while (found := await _left_over(deployment)) and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.1)
    return found


async def _left_over(deployment: Deployment) -> list[str]:
    [row] = await deployment.postgres.fetch(
        """
        SELECT (SELECT count(*) FROM messages WHERE status IN ('QUEUED', 'STREAMING')) AS "replies in flight",
               (SELECT count(*) FROM turns WHERE state <> 'ENDED') AS "turns not ended",
               (SELECT count(*) FROM writers) - $1 AS "writers too many"
        """,
        len(deployment.servers),
    )
    found = dict(row)
    found["upstream answers"] = (await deployment.upstream.state())["answering"]
    for number, server in enumerate(deployment.servers, 1):
        if server.process.returncode is not None:
            found[f"server {number} that does not run"] = 1
            continue
        process = process_of(server)
        found[f"client connections of server {number}"] = _client_connections(server)
        found[f"children too many of server {number}"] = len(process.children(recursive=True)) - 1
        found[f"MB too many of server {number}"] = max(0, process.memory_info().rss // 2**20 - MEMORY_MB)
        found[f"descriptors too many of server {number}"] = max(0, process.num_fds() - DESCRIPTORS)
    return [f"{count} {what}" for what, count in found.items() if count]


def _client_connections(server: ServerProcess) -> int:
    return sum(
        each.status == psutil.CONN_ESTABLISHED and each.laddr.port == server.port
        for each in process_of(server).net_connections("tcp")
    )
