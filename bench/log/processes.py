"""A producer and a watcher as processes of their own, beside a server whose CPU counts too."""

from __future__ import annotations

import multiprocessing
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection as Pipe
from typing import Protocol

import uvloop

from bench.log.load import Result

Work = Callable[[str, Pipe, float], Awaitable[None]]


class Way(Protocol):
    """A module with both ends of a way that deltas may go."""

    @property
    def produce(self) -> Work: ...

    @property
    def watch_all(self) -> Work: ...


def run_process(work: Work, url: str, pipe: Pipe, seconds: float) -> None:
    uvloop.run(_await(work(url, pipe, seconds)))


async def _await(work: Awaitable[None]) -> None:
    await work


def two_processes(
    way: Way,
    url: str,
    server_cpu: Callable[[], float],
    streams: int,
    seconds: float,
) -> Result:
    spawn = multiprocessing.get_context("spawn")
    (here, there), (here_too, there_too) = spawn.Pipe(), spawn.Pipe()
    processes = [
        spawn.Process(target=run_process, args=(way.produce, url, there, seconds), daemon=True),
        spawn.Process(target=run_process, args=(way.watch_all, url, there_too, seconds), daemon=True),
    ]
    for process in processes:
        process.start()
    here.send(streams)
    here_too.send(here.recv())
    here_too.recv()
    began = server_cpu()
    here.send("go")
    sent, producing = here.recv()
    found, watching = here_too.recv()
    used = server_cpu() - began
    for process in processes:
        process.join()
    return Result(len(found), sent, found, (producing + watching + used) / seconds)
