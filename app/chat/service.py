"""All that an edge may do, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from app.chat.completion import ModelCatalog
from app.chat.completions import Completions
from app.chat.conversations import Conversations
from app.chat.history import History
from app.chat.ports import Log, Records
from app.chat.queue import Queue
from app.chat.runner import Runner
from app.chat.turns import Turns


@dataclass(frozen=True, slots=True)
class Chat:
    conversations: Conversations
    history: History
    turns: Turns
    completions: Completions
    models: ModelCatalog


def build_chat(records: Records, log: Log, models: ModelCatalog) -> tuple[Chat, Runner]:
    """The service, and the runner that the process drains when it stops."""
    runner = Runner(records, log)
    queue = Queue(records, log, models, runner)
    history = History(records, log)
    chat = Chat(
        conversations=Conversations(records, models, runner),
        history=history,
        turns=Turns(records, log, history, models, runner, queue),
        completions=Completions(records, log, history, runner),
        models=models,
    )
    return chat, runner
