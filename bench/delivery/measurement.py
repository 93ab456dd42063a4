"""One measurement: so many sockets on one peer, what its source is told to produce, and what came of it."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from app.chat.identifiers import MESSAGE, new_message_id, to_text
from bench.delivery.ages import Ages
from bench.delivery.server_process import Peer
from bench.delivery.watchers import Tally, watching

LAST_DELTAS_SECONDS: Final = 10.0
"""How long what was produced may take to arrive, after the last of it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Args:
    seconds: from the order until all had arrived.
    cpu_seconds: the server's.
    client_cores: the load client's; when they come near to 1, it was the client that was measured.
    """

    sent: int
    seen: int
    frames: int
    seconds: float
    cpu_seconds: float
    client_cores: float
    ages: Ages

    @property
    def per_second(self) -> float:
        return self.seen / self.seconds

    @property
    def per_core(self) -> float:
        """Deltas for each second of the server's CPU time."""
        return self.seen / (self.cpu_seconds or math.nan)

    @property
    def cpu_us(self) -> float:
        """Of the server, for each delta."""
        return 1e6 * self.cpu_seconds / (self.seen or math.nan)

    def figures(self) -> dict[str, float]:
        return {
            "sent": self.sent,
            "seen": self.seen,
            "frames": self.frames,
            "seconds": self.seconds,
            "cpu_seconds": self.cpu_seconds,
            "client_cores": self.client_cores,
            "p50_ms": self.ages.percentile_ms(0.5),
            "p99_ms": self.ages.percentile_ms(0.99),
        }


def reply_ids(number: int) -> list[str]:
    return [to_text(MESSAGE, new_message_id()) for _ in range(number)]


async def measure(
    peer: Peer, sockets: int, seconds: float, per_second: float | None = None, *, one_reply: bool = False
) -> Measured:
    """Args:
        per_second: deltas that are produced, of all replies; None is as many as are taken.
        one_reply: that all sockets watch; else each has its own.

    Raises:
        AssertionError: a socket missed something before its end, or got it twice.
    """
    replies = reply_ids(1) * sockets if one_reply else reply_ids(sockets)
    async with watching(peer.port, replies) as tally:
        await peer.do("await", readers=sockets)
        cpu, own, began = peer.cpu_seconds(), time.process_time(), time.perf_counter()
        sent = (await peer.do("run", seconds=seconds, per_second=per_second))["sent"]
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_DELTAS_SECONDS):
                await tally.all_ended()
        took = time.perf_counter() - began
        client = (time.process_time() - own) / took
        return _measured(tally, sent * (sockets if one_reply else 1), took, peer.cpu_seconds() - cpu, client)


def _measured(tally: Tally, sent: int, seconds: float, cpu_seconds: float, client_cores: float) -> Measured:
    return Measured(sent, tally.deltas, tally.frames, seconds, cpu_seconds, client_cores, tally.ages)
