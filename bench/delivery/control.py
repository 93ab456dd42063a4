"""How a peer is told what to do: a JSON object per line on its standard input, and one as its answer.

- `{"do": "await", "readers": N}`: answered when N subscriptions are read.
- `{"do": "run", "seconds": S, "per_second": R}`: answered with `{"sent": N}` when all is produced.

It ends when its standard input does, so it never outlives the benchmark.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from bench.delivery.source import Order, Source


def say(**answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


async def obey(source: Source) -> None:
    """Returns at the end of standard input."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        order = json.loads(line)
        if order["do"] == "await":
            await source.readers(order["readers"])
            say()
        else:
            say(sent=await source.run(Order(order["seconds"], order["per_second"])))
