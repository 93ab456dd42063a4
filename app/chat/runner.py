"""Runs a backend for each reply in flight, puts what it says into the log, and ends the reply however it ends.

Invariants:
- Rows first: `start` is called only for replies whose rows are committed as STREAMING by this process's writer.
- A reply that was started gets exactly one end, unless its writer was fenced: then somebody else has ended it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from app.chat.changes import StartedTurn
from app.chat.completion import Backend, CompletionRequest, Finish, PromptMessage, ServedModel
from app.chat.errors import BackendFailed, ChatError, Code, StorageUnavailable
from app.chat.events import Outcome
from app.chat.generation import generate
from app.chat.identifiers import MessageId
from app.chat.paging import Page, Window
from app.chat.ports import Fenced, Log, Overflow, Records, ReplyLog
from app.chat.prompt import build_prompt, said
from app.chat.records import CompletionError, Message, Usage
from app.chat.status import MessageStatus
from app.chat.text import storable
from app.chat.unforeseen import report
from app.chat.usage import estimate_usage

logger = logging.getLogger("parley.chat")

MAX_PROMPT_MESSAGES = 10_000
PROMPT_PAGE_MESSAGES = 500
PROMPT_DEADLINE_SECONDS = 15.0
PROMPT_RETRY_SECONDS = 0.2
LAST_END_SECONDS = 5.0
"""How long a drain waits for ends to be committed; where the database is away, the lease runs out instead."""

MAX_EARLY_STOPS = 1_000
"""Stops of replies that are committed but not started here; most are other processes', and forgotten."""

MAX_TOKENS_COUNTED = 2**31 - 1
"""What the log's columns and GraphQL's integers hold."""

_STOPPED = Outcome(MessageStatus.STOPPED)
_INTERRUPTED = Outcome(MessageStatus.INTERRUPTED)


@dataclass(slots=True)
class _Run:
    """A reply in flight."""

    task: asyncio.Task[None] | None = None
    generating: asyncio.Task[Outcome] | None = None
    verdict: Outcome | None = None
    prompt: tuple[PromptMessage, ...] = ()
    said: list[str] = field(default_factory=list)

    def cancel(self, verdict: Outcome) -> None:
        """The first verdict counts; a reply that has its outcome already keeps it."""
        self.verdict = self.verdict or verdict
        if self.generating:
            self.generating.cancel()


class Runner:
    def __init__(self, records: Records, log: Log) -> None:
        self._records = records
        self._log = log
        self._runs: dict[MessageId, _Run] = {}
        self._early_stops: dict[MessageId, bool] = {}
        log.on_stop(self.stop)
        log.on_fenced(self.abandon_all)

    @property
    def in_hand(self) -> Iterable[MessageId]:
        return self._runs.keys()

    def start_all(self, turn: StartedTurn, served: ServedModel) -> None:
        """The replies to one message, as they are stored: each has its own parameters."""
        for reply in turn.replies:
            self._start(reply, turn, served)

    def _start(self, reply: Message, turn: StartedTurn, served: ServedModel) -> None:
        run = self._runs[reply.id] = _Run()
        if self._early_stops.pop(reply.id, False):
            run.verdict = _STOPPED
        run.task = asyncio.create_task(self._run(run, reply, turn, served), name=f"reply {reply.id}")

    def stop(self, id: MessageId) -> None:
        """Ends it STOPPED, now or as soon as it is started; it may be another process's, too."""
        if run := self._runs.get(id):
            run.cancel(_STOPPED)
            return
        self._early_stops[id] = True
        if len(self._early_stops) > MAX_EARLY_STOPS:
            del self._early_stops[next(iter(self._early_stops))]

    def abandon(self, id: MessageId) -> None:
        """Ends the work on a reply that is this process's no more; the log refuses its end."""
        if run := self._runs.get(id):
            run.cancel(_INTERRUPTED)

    def abandon_all(self) -> None:
        for id in list(self._runs):
            self.abandon(id)

    async def drain(self, grace_seconds: float) -> None:
        """Lets what runs finish within the grace period; the rest ends INTERRUPTED with its text kept.

        Returns in bounded time also where the database is away: what could not be ended is ended by another process.
        """
        tasks = [run.task for run in self._runs.values() if run.task]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=grace_seconds)
        for run in list(self._runs.values()):
            run.cancel(_INTERRUPTED)
        if late:
            _, stuck = await asyncio.wait(late, timeout=LAST_END_SECONDS)
            for task in stuck:
                logger.error("reply could not be ended in time", extra={"task": task.get_name()})

    async def _run(self, run: _Run, reply: Message, turn: StartedTurn, served: ServedModel) -> None:
        log = self._log.open(reply.id)
        try:
            await asyncio.sleep(0)  # whoever posted is answered first: to call a backend takes longer than that
            run.generating = asyncio.create_task(self._generate(run, log, reply, turn, served))
            if run.verdict:  # stopped before the task could start
                run.generating.cancel()
            await asyncio.wait([run.generating])
            outcome = _outcome(run, run.generating)
            await log.end(outcome)
            logger.info("reply ended", extra={"reply": str(reply.id), "status": outcome.status.value})
        except Fenced:
            logger.warning("reply was taken over or deleted", extra={"reply": str(reply.id)})
        except Exception:
            logger.exception("reply could not be ended", extra={"reply": str(reply.id)})
        finally:
            del self._runs[reply.id]

    async def _generate(
        self, run: _Run, log: ReplyLog, reply: Message, turn: StartedTurn, served: ServedModel
    ) -> Outcome:
        owner = turn.conversation.owner
        branch = await self._branch(owner, turn.message.id) if turn.branch is None else turn.branch
        run.prompt = build_prompt(turn.conversation.system_prompt, branch[-MAX_PROMPT_MESSAGES:])
        request = CompletionRequest(served.upstream_name, run.prompt, reply.parameters, owner=owner)
        finish = await _copy(served.backend, request, log, run.said)
        return Outcome(MessageStatus.COMPLETE, finish.reason, _storable(finish.usage))

    async def _branch(self, owner: str, tip: MessageId) -> Sequence[PromptMessage]:
        """What was said from the root to the tip, or the last of very much."""
        deadline = asyncio.get_running_loop().time() + PROMPT_DEADLINE_SECONDS
        pages: list[Sequence[Message]] = []
        left, above = MAX_PROMPT_MESSAGES, tip
        while left > 0:
            page = await self._page(owner, above, min(left, PROMPT_PAGE_MESSAGES), deadline)
            pages.append(page.items)
            left -= len(page.items)
            if not page.has_previous or page.items[0].parent_id is None:
                break
            above = page.items[0].parent_id
        return [each for page in reversed(pages) for each in said(page)]

    async def _page(self, owner: str, tip: MessageId, size: int, deadline: float) -> Page[Message]:
        """Asks again while the database is away: a reply that was begun is not to fail for a short outage."""
        while True:
            try:
                return await self._records.branch_page(owner, tip, Window(size, backward=True))
            except StorageUnavailable:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(PROMPT_RETRY_SECONDS)


def _outcome(run: _Run, generating: asyncio.Task[Outcome]) -> Outcome:
    """How it ended, with the provider's usage or else an estimate.

    One that is fenced gets an outcome too: the log refuses it, and forgets the reply.
    """
    if generating.cancelled():
        outcome = run.verdict or _INTERRUPTED
    elif error := generating.exception():
        outcome = _failure(run, error)
    else:
        outcome = generating.result()
    if outcome.usage is None and run.prompt:
        return replace(outcome, usage=estimate_usage(run.prompt, "".join(run.said)))
    return outcome


def _storable(usage: Usage | None) -> Usage | None:
    """None for counts that cannot be stored: an upstream that counts nonsense must not cost the reply its end."""
    if usage and min(usage.prompt_tokens, usage.completion_tokens) >= 0 and usage.total_tokens <= MAX_TOKENS_COUNTED:
        return usage
    return None


def _failure(run: _Run, error: BaseException) -> Outcome:
    if isinstance(error, Fenced | Overflow):
        return _INTERRUPTED
    if run.verdict:  # a backend that answers its cancellation with an error has not failed
        logger.warning("backend broke while it was closed", exc_info=error)
        return run.verdict
    return Outcome(MessageStatus.FAILED, error=explain(error))


async def _copy(backend: Backend, request: CompletionRequest, log: ReplyLog, said: list[str]) -> Finish:
    """Copies the backend's pieces into the log up to its finish.

    Raises:
        BackendFailed: the backend gave up, or broke off without a finish.
    """
    async with aclosing(generate(backend, request)) as items:
        async for item in items:
            if isinstance(item, Finish):
                return item
            await log.append(item.content, item.reasoning)
            said.append(item.content + item.reasoning)
    raise AssertionError("unreachable: a generation ends with its finish or an error")


def explain(error: BaseException) -> CompletionError:
    """What the client is told; the text of an unexpected error stays in the server's log."""
    match error:
        case BackendFailed():
            return CompletionError(storable(error.upstream_code), storable(str(error)), error.can_retry)
        case ChatError():
            return CompletionError(error.code.value, str(error), error.retryable)
        case _:
            told = f"the reply failed for an unexpected reason, which is in the server's log as {report(error, logger)}"
            return CompletionError(Code.INTERNAL.value, told, True)
