"""One round: streams begin, subscribers come and go, a fault strikes, and everybody must see everything."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import httpx

from tests.chaos.aftermath import Reply, lingering, read_replies, wrongs
from tests.chaos.caller import Caller, Started
from tests.chaos.deployment import Deployment
from tests.chaos.faults import Fault
from tests.chaos.subscriber import Subscriber
from tests.chaos.transcript import Verdict, judge
from tests.chaos.ways import EDITED, POSTED, REGENERATED, REGENERATED_REPLIES, Way
from tests.upstream.script import Script

DEADLINE_SECONDS: Final = 30.0
"""For the last subscriber to see the end, once nothing is broken any more."""
DELTAS_PER_SECOND: Final = 50
JITTER: Final = 0.9
MEAN_STAY_SECONDS: Final = 1.5
LATE_SUBSCRIBERS: Final = 10
"""Who come only when all is over."""


@dataclass(frozen=True, slots=True)
class Size:
    """Args:
    subscribers: of the streams; the replies that are queued behind some of them have as many each.
    stops: how many streams somebody asks to stop.
    queued: on how many conversations another post waits for the first one's reply to end.
    deltas: of each reply, at least and at most.
    posting_seconds: within which the streams begin; the fault strikes when most of them run.
    """

    streams: int = 50
    subscribers: int = 200
    stops: int = 3
    queued: int = 4
    edited: int = 4
    regenerated: int = 4
    deltas: tuple[int, int] = (150, 250)
    posting_seconds: float = 1.0
    strike_seconds: tuple[float, float] = (0.6, 2.2)

    @property
    def replies(self) -> int:
        return self.streams + self.queued + self.regenerated * (REGENERATED_REPLIES - 1)


class Awaited(NamedTuple):
    """What a reply is to be."""

    script: Script
    way: Way


@dataclass(slots=True)
class Result:
    fault: str
    seed: int
    streams: int = 0
    subscribers: int = 0
    reconnects: int = 0
    hung: int = 0
    seconds: float = 0.0
    verdict: Verdict = field(default_factory=Verdict)
    statuses: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)

    @property
    def flawless(self) -> bool:
        return self.verdict.flawless and not self.hung and not self.complaints


class Round:
    def __init__(self, deployment: Deployment, fault: Fault, seed: int, size: Size) -> None:
        self._deployment = deployment
        self._fault = fault
        self._size = size
        self._choose = random.Random(seed)
        self._http = httpx.AsyncClient(limits=httpx.Limits(max_connections=None, max_keepalive_connections=0))
        self._awaited: dict[str, Awaited] = {}
        self._stopped: set[str] = set()
        self._subscribers: list[Subscriber] = []
        self._result = Result(fault.name, seed)

    async def play(self) -> Result:
        begun = time.monotonic()
        async with self._http:
            await self._run_all()
            replies = await read_replies(self._deployment, self._caller(), list(self._awaited))
            await self._watch_late(replies)
        self._examine(replies)
        self._result.complaints += await lingering(self._deployment)
        self._result.seconds = time.monotonic() - begun
        return self._result

    async def _run_all(self) -> None:
        share = self._size.subscribers // self._size.streams
        numbers = range(self._size.streams)
        stops = set(self._choose.sample(numbers, self._size.stops))
        queues = set(self._choose.sample(numbers, self._size.queued))
        ways = self._ways()
        tasks = [
            asyncio.create_task(
                self._converse(
                    ways[number], self._choose.getrandbits(32), share, stop=number in stops, queue=number in queues
                )
            )
            for number in numbers
        ]
        strike = asyncio.create_task(self._strike(), name="fault")
        await asyncio.wait([strike])
        _, late = await asyncio.wait(tasks, timeout=DEADLINE_SECONDS)
        for task in late:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, strike, return_exceptions=True):
            if isinstance(outcome, Exception):
                self._result.complaints += [f"{type(each).__name__}: {each}" for each in _leaves(outcome)]

    def _ways(self) -> list[Way]:
        """Of each stream."""
        others = [EDITED] * self._size.edited + [REGENERATED] * self._size.regenerated
        ways = others + [POSTED] * (self._size.streams - len(others))
        self._choose.shuffle(ways)
        return ways

    async def _strike(self) -> None:
        await asyncio.sleep(self._choose.uniform(*self._size.strike_seconds))
        victim = self._choose.choice(self._deployment.servers)
        self._result.complaints += await self._fault.strike(self._deployment, victim, self._choose)

    async def _converse(self, way: Way, seed: int, subscribers: int, *, stop: bool, queue: bool) -> None:
        """Replies, perhaps to a second post behind them, until every subscriber has seen the end."""
        choose = random.Random(seed)
        await asyncio.sleep(choose.uniform(0, self._size.posting_seconds))
        caller = Caller(self._http, self._urls, choose)
        async with asyncio.TaskGroup() as tasks:
            script = self._script(choose)
            first = await way.begin(caller, script.prompt())
            self._attend(tasks, first, Awaited(script, way), subscribers, choose)
            if stop:
                tasks.create_task(self._stop(caller, first.replies[0], choose.uniform(0, 2)))
            if queue:
                script = self._script(choose)
                second = await caller.post(script.prompt(), first.conversation)
                self._attend(tasks, second, Awaited(script, POSTED), subscribers, choose)

    def _script(self, choose: random.Random) -> Script:
        deltas = choose.randint(*self._size.deltas)
        return Script(seed=choose.getrandbits(32), deltas=deltas, per_second=DELTAS_PER_SECOND, jitter=JITTER)

    def _attend(
        self, tasks: asyncio.TaskGroup, started: Started, awaited: Awaited, subscribers: int, choose: random.Random
    ) -> None:
        for reply in started.replies:
            self._awaited[reply] = awaited
            for _ in range(subscribers):
                chance = random.Random(choose.getrandbits(32))
                subscriber = Subscriber(reply, self._websockets, chance, MEAN_STAY_SECONDS)
                self._subscribers.append(subscriber)
                tasks.create_task(subscriber.follow())

    async def _stop(self, caller: Caller, reply: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._stopped.add(reply)
        await caller.stop(reply)

    async def _watch_late(self, replies: list[Reply]) -> None:
        late = [
            Subscriber(reply.id, self._websockets, random.Random(self._choose.getrandbits(32)), MEAN_STAY_SECONDS)
            for reply in self._choose.sample(replies, min(LATE_SUBSCRIBERS, len(replies)))
        ]
        self._subscribers += late
        await asyncio.wait([asyncio.create_task(each.follow()) for each in late], timeout=DEADLINE_SECONDS)

    def _examine(self, replies: list[Reply]) -> None:
        result = self._result
        result.streams, result.subscribers = len(replies), len(self._subscribers)
        stored = {reply.id: reply for reply in replies}
        for reply in replies:
            result.statuses[reply.status] += 1
            stopped = reply.id in self._stopped
            script, way = self._awaited[reply.id]
            result.complaints += wrongs(reply, script, self._fault, stopped=stopped)
            if (reply.siblings, reply.wordings) != (way.siblings, way.wordings):
                result.complaints.append(f"{reply.id}: {reply.siblings} replies to {reply.wordings} wordings")
        for subscriber in self._subscribers:
            seen, reply = subscriber.transcript, stored[subscriber.reply]
            result.reconnects += subscriber.reconnects
            result.hung += seen.end is None
            result.complaints += [f"{reply.id}: {complaint}" for complaint in seen.complaints]
            result.verdict += judge(seen, reply.log)
            if seen.end is not None and not seen.text == seen.end["content"] == reply.content:
                result.complaints.append(f"{reply.id}: what was seen is not what is stored")
        if len(replies) != self._size.replies:
            result.complaints.append(f"{len(replies)} replies instead of {self._size.replies}")

    def _caller(self) -> Caller:
        return Caller(self._http, self._urls, self._choose)

    @property
    def _urls(self) -> list[str]:
        return [server.graphql_url for server in self._deployment.servers]

    @property
    def _websockets(self) -> list[str]:
        return [server.websocket_url for server in self._deployment.servers]


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The exceptions themselves, of however nested groups."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error
