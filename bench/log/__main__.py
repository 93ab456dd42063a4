"""`python -m bench.log`: how fast a delta is seen by somebody else, and what it costs.

A producer process with N streams of 50 deltas/s, a watcher process that follows them all. Three ways, one after the
other in each round, so that a drifting machine drifts for all of them:

- parley: the delta log on PostgreSQL, durable (fsync on), two `DeltaLog`s as two servers have them;
- redis: Redis Streams, one XREAD reader for all streams, where a `redis-server` is installed (nothing is durable);
- queue: asyncio queues within one process, the floor (nothing survives, nobody else sees it).

Latency is from produced to seen; joined deltas count each. CPU is seconds per second of both processes and the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from app.storage.embedded import EmbeddedPostgres
from app.storage.migrate import migrate_deploy
from bench.delivery.service import at_work_in, cpu_seconds, family
from bench.log import delta_log, redis_streams
from bench.log.load import DELTAS_PER_SECOND, Result
from bench.log.processes import two_processes
from bench.log.queues import queues
from bench.termination import end_as_by_interrupt

STREAMS = (1, 20, 200)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--seconds", type=float, default=4.0, help="of load per measurement")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--json", type=Path, help="where to write the figures too")
    given = arguments.parse_args()
    end_as_by_interrupt()
    rows: dict[tuple[int, str], list[Result]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        redis_streams.server() as redis,
        EmbeddedPostgres(Path(folder)) as url,
    ):
        asyncio.run(migrate_deploy(url))
        postgres = at_work_in(Path(folder))
        for _ in range(given.rounds):
            for streams in STREAMS:
                load = (streams, given.seconds)
                ways = {"parley": two_processes(delta_log, url, lambda: cpu_seconds(family(postgres)), *load)}
                if redis:
                    ways["redis"] = two_processes(redis_streams, *redis, *load)
                ways["queue"] = asyncio.run(queues(*load))
                for name, result in ways.items():
                    rows.setdefault((streams, name), []).append(result)
                    print(".", end="", flush=True)
    print()
    report(rows, given.json)


def report(rows: dict[tuple[int, str], list[Result]], path: Path | None) -> None:
    heads = ("streams", "way", "deltas/s", "p50 ms", "p99 ms", "cores", "missed")
    print("{:>7} {:8} {:>9} {:>8} {:>8} {:>6} {:>7}   (medians of rounds)".format(*heads))
    figures = []
    for (streams, name), results in rows.items():
        row = {
            "streams": streams,
            "way": name,
            "missed": sum(each.sent - each.seen for each in results),
            "p50_ms": round(median(each.percentile(0.5) for each in results), 2),
            "p99_ms": round(median(each.percentile(0.99) for each in results), 2),
            "cores": round(median(each.cpu for each in results), 2),
        }
        figures.append(row)
        print(
            f"{streams:>7} {name:8} {streams * DELTAS_PER_SECOND:>9} {row['p50_ms']:>8} {row['p99_ms']:>8}"
            f" {row['cores']:>6} {row['missed']:>7}"
        )
    if path:
        path.write_text(json.dumps(figures, indent=2))
    if any(figure["missed"] for figure in figures):
        sys.exit("deltas were missed")


if __name__ == "__main__":
    main()
