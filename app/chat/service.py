"""All that an edge may do, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from app.chat.branches import Branches
from app.chat.completion import ModelCatalog
from app.chat.completions import Completions
from app.chat.conversations import Conversations
from app.chat.history import History
from app.chat.ports import Log, Records
from app.chat.queue import Queue
from app.chat.runner import Runner
from app.chat.search import Search
from app.chat.turns import Turns


@dataclass(frozen=True, slots=True)
class Chat:
    conversations: Conversations
    history: History
    branches: Branches
    turns: Turns
    completions: Completions
    search: Search
    models: ModelCatalog


def build_chat(records: Records, log: Log, models: ModelCatalog, *, auto_titles: bool = True) -> tuple[Chat, Runner]:
    """The service, and the runner that the process drains when it stops.

    Args:
        auto_titles: a conversation without a title gets one from what a user says first.
    """
    runner = Runner(records, log)
    queue = Queue(records, log, models, runner)
    history = History(records, log)
    chat = Chat(
        conversations=Conversations(records, models, runner, auto_titles=auto_titles),
        history=history,
        branches=Branches(records),
        turns=Turns(records, log, history, models, runner, queue, auto_titles=auto_titles),
        completions=Completions(records, log, history, runner),
        search=Search(records),
        models=models,
    )
    return chat, runner
